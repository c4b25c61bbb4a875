import type { Client } from '@probant/postgres'
import type { Schedule, Window } from '../deadlines/schedule.ts'
import { instant, ms, type BoxKey } from './rows.ts'
import { heldOf, type HeldRow } from './schedules.ts'

/** A box of which something is due, with all that judging it takes; its schedule is held until the transaction ends. */
interface Due extends BoxKey {
  /** Its open journal; null where none is followed. */
  origin: string | null
  refusedKeyAtMs: number | null
}

/** A box whose heads are overdue. */
export interface OverdueHead extends Due {
  everySeconds: number
  /** When it was last heard of. */
  lastMs: number
  /** End of the announced maintenance that its silence touches; null where there is none. */
  excusedUntilMs: number | null
}

/** A box whose shipping window is over. */
export interface DueWindow extends Due {
  schedule: Schedule
  window: Window
  shippedAtMs: number | null
  auditedSize: number
  /** Largest size witnessed when the window opened. */
  expectedSize: number
  /** Whether announced maintenance touches the window's last 24 hours or grace. */
  isMaintained: boolean
  /** End of the centre's last absence that touches it; null where there was none. */
  backAtMs: number | null
}

interface DueRow {
  tenant_id: string
  box_id: string
  origin: string | null
  refused_key_at: Date | null
}

/** Most boxes that are judged in one transaction. */
const AT_ONCE = 5000

const FROM = `FROM centre.schedules s
  JOIN centre.boxes b ON (b.tenant_id, b.box_id) = (s.tenant_id, s.box_id)
  LEFT JOIN centre.origins o ON (o.tenant_id, o.box_id) = (s.tenant_id, s.box_id) AND o.closed_at IS NULL`

/** Since when heads are overdue, of the box that waits longest, and of how many boxes any are expected. */
export async function headsAwaited(
  client: Client,
): Promise<{ firstDueMs: number | null; boxes: number }> {
  const { rows } = await client.query<{ first: Date | null; boxes: number }>(
    `SELECT min(head_due_at) AS first, count(heads_every_seconds)::int AS boxes FROM centre.schedules`,
  )
  return { firstDueMs: ms(rows[0]?.first ?? null), boxes: rows[0]?.boxes ?? 0 }
}

/** Boxes whose heads are overdue; those that others hold are left to them. @param misses heads that may be lost one after the other */
export async function takeOverdueHeads(
  client: Client,
  atMs: number,
  misses: number,
): Promise<OverdueHead[]> {
  const { rows } = await client.query<
    DueRow & { every: number; last: Date; excused_until: Date | null }
  >(
    `SELECT s.tenant_id, s.box_id, o.origin, b.refused_key_at, s.heads_every_seconds AS every,
       coalesce(o.witnessed_at, b.enrolled_at) AS last,
       (SELECT max(m.ends_at) FROM centre.maintenance_windows m
        WHERE (m.tenant_id, m.box_id) = (s.tenant_id, s.box_id) AND m.cancelled_at IS NULL AND m.starts_at <= $1
          AND m.ends_at > $1::timestamptz - make_interval(secs => $2 * s.heads_every_seconds)) AS excused_until
     ${FROM} WHERE s.head_due_at <= $1 AND s.heads_every_seconds IS NOT NULL
     ORDER BY s.head_due_at LIMIT ${AT_ONCE} FOR NO KEY UPDATE OF s SKIP LOCKED`,
    [instant(atMs), misses],
  )
  return rows.map((row) => ({
    ...dueOf(row),
    everySeconds: row.every,
    lastMs: ms(row.last),
    excusedUntilMs: ms(row.excused_until),
  }))
}

/** Boxes whose window is over, likewise. */
export async function takeDueWindows(client: Client, atMs: number): Promise<DueWindow[]> {
  const { rows } = await client.query<
    DueRow &
      HeldRow & {
        shipped_at: Date | null
        audited_size: number | null
        expected_size: number | null
        maintained: boolean
        back_at: Date | null
      }
  >(
    `SELECT s.*, o.origin, b.refused_key_at, o.shipped_at, o.audited_size,
       (SELECT max(h.size) FROM centre.cosigned_heads h
        WHERE (h.tenant_id, h.box_id, h.origin) = (s.tenant_id, s.box_id, o.origin)
          AND h.cosigned_at <= s.window_opens_at) AS expected_size,
       EXISTS (SELECT FROM centre.maintenance_windows m
        WHERE (m.tenant_id, m.box_id) = (s.tenant_id, s.box_id) AND m.cancelled_at IS NULL
          AND m.starts_at <= s.due_at AND m.ends_at >= greatest(s.window_opens_at,
            s.due_at - make_interval(mins => s.grace_minutes) - interval '24 hours')) AS maintained,
       (SELECT max(a.to_at) FROM centre.absences a
        WHERE a.from_at <= s.due_at AND a.to_at >= s.window_opens_at) AS back_at
     ${FROM} WHERE s.due_at <= $1 ORDER BY s.due_at LIMIT ${AT_ONCE} FOR NO KEY UPDATE OF s SKIP LOCKED`,
    [instant(atMs)],
  )
  return rows.map((row) => ({
    ...dueOf(row),
    ...heldOf(row),
    shippedAtMs: ms(row.shipped_at),
    auditedSize: row.audited_size ?? 0,
    expectedSize: row.expected_size ?? 0,
    isMaintained: row.maintained,
    backAtMs: ms(row.back_at),
  }))
}

function dueOf(row: DueRow): Due {
  return {
    tenantId: row.tenant_id,
    boxId: row.box_id,
    origin: row.origin,
    refusedKeyAtMs: ms(row.refused_key_at),
  }
}
