import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { raise } from '../findings/raise.ts'
import { getBox } from '../store/boxes.ts'
import { sizeCosignedBy } from '../store/cosigned-heads.ts'
import { maintenanceDuring } from '../store/maintenance.ts'
import { openOrigin, type Origin } from '../store/origins.ts'
import { absentDuring } from '../store/presence.ts'
import { insertDeadline, setWindow, takeDueWindow, type KeptSchedule } from '../store/schedules.ts'
import { refusedSince } from './head-watch.ts'
import { windowAfter } from './schedule.ts'

/** A box needs this much of its window after the centre was away; else the window isn't judged. */
const FAIR_CHANCE_MS = 30 * 60_000
/** Maintenance excuses a window whose end it touches by so much: an hour's work doesn't excuse eight weeks. */
const LAST_DAY_MS = 24 * 3_600_000

/**
 * Judges one shipping window that is over, and waits for the next. Instants are the centre's alone: nothing that a box says of
 * time enters here.
 * @returns whether there was one
 */
export async function judgeOneWindow(context: Context): Promise<boolean> {
  const atMs = context.clock.nowMs()
  return context.database.transaction(
    async (client) => {
      const kept = await takeDueWindow(client, atMs)
      if (kept === undefined) return false
      const { window, schedule } = kept
      const origin = await openOrigin(client, kept)
      const expectedSize =
        origin === undefined ? 0 : await sizeCosignedBy(client, origin, window.opensAtMs)
      const auditedSize = origin?.state.size ?? 0
      const outcome = await outcomeOf(client, kept, origin)
      await insertDeadline(client, kept, window, { outcome, expectedSize, auditedSize, atMs })
      await setWindow(client, kept, windowAfter(schedule, window.opensAtMs))
      if (outcome !== 'missed' || origin === undefined) return true
      const fact = await missing(client, kept, origin, expectedSize)
      await raise(client, context, kept, [{ ...fact, expectedEvidence: null, foundEvidence: null }])
      return true
    },
    { attempts: 3 },
  )
}

async function outcomeOf(
  client: Client,
  kept: KeptSchedule,
  origin: Origin | undefined,
): Promise<'met' | 'missed' | 'suppressed' | 'blind'> {
  const { opensAtMs, endsAtMs, dueAtMs } = kept.window
  if (origin === undefined) return 'suppressed'
  if (origin.shippedAtMs !== null && origin.shippedAtMs >= opensAtMs) return 'met'
  const fromMs = Math.max(opensAtMs, endsAtMs - LAST_DAY_MS)
  if ((await maintenanceDuring(client, kept, fromMs, dueAtMs)) !== undefined) return 'suppressed'
  const backAtMs = await absentDuring(client, opensAtMs, dueAtMs)
  return backAtMs !== null && endsAtMs - backAtMs < FAIR_CHANCE_MS ? 'blind' : 'missed'
}

async function missing(
  client: Client,
  kept: KeptSchedule,
  origin: Origin,
  expectedSize: number,
): Promise<Fact> {
  const box = await getBox(client, kept)
  const dueAt = formatTime(kept.window.dueAtMs)
  const auditedSize = origin.state.size
  const refusedKeyAt = refusedSince(box?.refusedKeyAtMs, kept.window.opensAtMs)
  const expected =
    expectedSize > auditedSize
      ? `${expectedSize} traces, as witnessed when the window opened`
      : `a shipment since ${formatTime(kept.window.opensAtMs)}`
  const fact = factAt(
    origin.origin,
    'missing-shipment',
    null,
    expected,
    `${auditedSize} traces, the last shipment ${origin.shippedAtMs === null ? 'never' : `on ${formatTime(origin.shippedAtMs)}`}`,
    { dueAt, expectedSize, auditedSize, refusedKeyAt },
  )
  return { ...fact, key: `${origin.origin}|missing-shipment|${dueAt}` }
}
