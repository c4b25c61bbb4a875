import type { Client } from '@probant/postgres'
import type { Schedule, Window } from '../deadlines/schedule.ts'
import { instant, keyOf, ms, type BoxKey } from './rows.ts'

/** A box's schedule and what it is waited for next. */
export interface KeptSchedule extends BoxKey {
  schedule: Schedule
  window: Window
  headDueAtMs: number | null
}

/** What a box is held to and waited for, as it is stored. */
export interface HeldRow {
  heads_every_seconds: number | null
  window_start: string
  window_end: string
  every_days: number
  time_zone: string
  grace_minutes: number
  window_opens_at: Date
  due_at: Date
}

interface ScheduleRow extends HeldRow {
  tenant_id: string
  box_id: string
  head_due_at: Date | null
}

const COLUMNS = `tenant_id, box_id, heads_every_seconds, window_start, window_end, every_days,
  time_zone, grace_minutes, window_opens_at, due_at, head_due_at`

/** Stores a schedule, in place of an earlier one, with what is waited for next. */
export async function putSchedule(
  client: Client,
  { tenantId, boxId, schedule, window, headDueAtMs }: KeptSchedule,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.schedules (${COLUMNS})
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (tenant_id, box_id) DO UPDATE SET
       heads_every_seconds = EXCLUDED.heads_every_seconds, window_start = EXCLUDED.window_start,
       window_end = EXCLUDED.window_end, every_days = EXCLUDED.every_days,
       time_zone = EXCLUDED.time_zone,
       grace_minutes = EXCLUDED.grace_minutes, window_opens_at = EXCLUDED.window_opens_at,
       due_at = EXCLUDED.due_at, head_due_at = EXCLUDED.head_due_at`,
    [
      tenantId,
      boxId,
      schedule.headsEverySeconds,
      schedule.windowStart,
      schedule.windowEnd,
      schedule.everyDays,
      schedule.timeZone,
      schedule.graceMinutes,
      instant(window.opensAtMs),
      instant(window.dueAtMs),
      instant(headDueAtMs),
    ],
  )
}

export async function getSchedule(client: Client, box: BoxKey): Promise<KeptSchedule | undefined> {
  const { rows } = await client.query<ScheduleRow>(
    `SELECT ${COLUMNS} FROM centre.schedules WHERE tenant_id = $1 AND box_id = $2`,
    keyOf(box),
  )
  return rows[0] && keptOf(rows[0])
}

/** By identifier; `after` is the last one of the page before. */
export async function listSchedules(
  client: Client,
  tenantId: string,
  limit: number,
  after = '',
): Promise<KeptSchedule[]> {
  const { rows } = await client.query<ScheduleRow>(
    `SELECT ${COLUMNS} FROM centre.schedules WHERE tenant_id = $1 AND box_id > $3
     ORDER BY box_id LIMIT $2`,
    [tenantId, limit, after],
  )
  return rows.map(keptOf)
}

/** Every box's schedule, of every tenant. */
export async function allSchedules(client: Client): Promise<KeptSchedule[]> {
  const { rows } = await client.query<ScheduleRow>(`SELECT ${COLUMNS} FROM centre.schedules`)
  return rows.map(keptOf)
}

/** Puts another window in place of the one that is waited for; nothing when that was judged or changed meanwhile. */
export async function replaceWindow(
  client: Client,
  { window, ...box }: KeptSchedule,
  by: Window,
): Promise<void> {
  await client.query(
    `UPDATE centre.schedules SET window_opens_at = $5, due_at = $6
     WHERE tenant_id = $1 AND box_id = $2 AND window_opens_at = $3 AND due_at = $4`,
    [
      ...keyOf(box),
      instant(window.opensAtMs),
      instant(window.dueAtMs),
      instant(by.opensAtMs),
      instant(by.dueAtMs),
    ],
  )
}

/** null: nothing more is said until a head comes. */
export async function setHeadDue(
  client: Client,
  box: BoxKey,
  dueAtMs: number | null,
): Promise<void> {
  await client.query(
    'UPDATE centre.schedules SET head_due_at = $3 WHERE tenant_id = $1 AND box_id = $2',
    [...keyOf(box), instant(dueAtMs)],
  )
}

/** As {@link setHeadDue}, of many boxes. */
export async function setHeadsDue(
  client: Client,
  boxes: readonly (BoxKey & { dueAtMs: number | null })[],
): Promise<void> {
  await client.query(
    `UPDATE centre.schedules s SET head_due_at = d.due
     FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) d (tenant_id, box_id, due)
     WHERE (s.tenant_id, s.box_id) = (d.tenant_id, d.box_id)`,
    [
      boxes.map(({ tenantId }) => tenantId),
      boxes.map(({ boxId }) => boxId),
      boxes.map(({ dueAtMs }) => instant(dueAtMs)),
    ],
  )
}

/** After the centre was away, every box has its whole time again; after its clock was put back, no more than that. */
export async function restartHeadDeadlines(
  client: Client,
  fromMs: number,
  silenceMs: (everySeconds: number) => number,
  clock: 'went on' | 'was put back' = 'went on',
): Promise<void> {
  const { rows } = await client.query<{ every: number }>(
    `SELECT DISTINCT heads_every_seconds AS every FROM centre.schedules
     WHERE heads_every_seconds IS NOT NULL`,
  )
  for (const { every } of rows)
    await client.query(
      `UPDATE centre.schedules SET head_due_at = CASE WHEN $3 THEN $2 ELSE GREATEST(head_due_at, $2) END
       WHERE heads_every_seconds = $1 AND head_due_at IS NOT NULL`,
      [every, instant(fromMs + silenceMs(every)), clock === 'was put back'],
    )
}

/** How a window of a box ended, and the one that is waited for next. */
export interface JudgedWindow extends BoxKey {
  window: Window
  outcome: 'met' | 'missed' | 'suppressed' | 'blind'
  expectedSize: number
  auditedSize: number
  next: Window
}

/** Records how windows ended; a window is judged once. */
export async function recordWindows(
  client: Client,
  judged: readonly JudgedWindow[],
  atMs: number,
): Promise<void> {
  const rows = judged.map(({ tenantId, boxId, window, next, ...how }) => ({
    tenant_id: tenantId,
    box_id: boxId,
    opened: instant(window.opensAtMs),
    due: instant(window.dueAtMs),
    next_opens: instant(next.opensAtMs),
    next_due: instant(next.dueAtMs),
    outcome: how.outcome,
    expected: how.expectedSize,
    audited: how.auditedSize,
  }))
  const from = `jsonb_to_recordset($1) AS j (tenant_id uuid, box_id text, opened timestamptz, due timestamptz,
    next_opens timestamptz, next_due timestamptz, outcome text, expected bigint, audited bigint)`
  await client.query(
    `INSERT INTO centre.deadlines (tenant_id, box_id, due_at, window_opened_at, outcome,
       expected_size, audited_size, judged_at)
     SELECT tenant_id, box_id, due, opened, outcome, expected, audited, $2 FROM ${from}
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows), instant(atMs)],
  )
  await client.query(
    `UPDATE centre.schedules s SET window_opens_at = j.next_opens, due_at = j.next_due FROM ${from}
     WHERE (s.tenant_id, s.box_id) = (j.tenant_id, j.box_id)`,
    [JSON.stringify(rows)],
  )
}

function keptOf(row: ScheduleRow): KeptSchedule {
  return {
    tenantId: row.tenant_id,
    boxId: row.box_id,
    ...heldOf(row),
    headDueAtMs: ms(row.head_due_at),
  }
}

export function heldOf(row: HeldRow): Pick<KeptSchedule, 'schedule' | 'window'> {
  const dueAtMs = ms(row.due_at)
  return {
    schedule: {
      headsEverySeconds: row.heads_every_seconds,
      windowStart: row.window_start,
      windowEnd: row.window_end,
      everyDays: row.every_days,
      timeZone: row.time_zone,
      graceMinutes: row.grace_minutes,
    },
    window: {
      opensAtMs: ms(row.window_opens_at),
      endsAtMs: dueAtMs - row.grace_minutes * 60_000,
      dueAtMs,
    },
  }
}
