import { formatTime } from '@probant/host'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { raiseSilence } from '../findings/silence.ts'
import { takeDueWindows, type DueWindow } from '../store/due.ts'
import { recordWindows, type JudgedWindow } from '../store/schedules.ts'
import { refusedSince } from './head-watch.ts'
import { windowAfter } from './schedule.ts'

/** A box needs this much of its window after the centre was away; else the window isn't judged. */
const FAIR_CHANCE_MS = 30 * 60_000

/**
 * Judges the shipping windows that are over, and waits for the next. Instants are the centre's alone: nothing that a box says of
 * time enters here.
 * @returns how many there were
 */
export async function judgeWindows(context: Context): Promise<number> {
  const atMs = context.clock.nowMs()
  return context.database.transaction(
    async (client) => {
      const due = await takeDueWindows(client, atMs)
      if (due.length === 0) return 0
      await recordWindows(client, due.map(judged), atMs)
      const missed = due.flatMap((box) => {
        if (outcomeOf(box) !== 'missed' || box.origin === null) return []
        return [{ ...box, fact: missing(box, box.origin) }]
      })
      await raiseSilence(client, context, missed)
      return due.length
    },
    { attempts: 3 },
  )
}

function judged(box: DueWindow): JudgedWindow {
  const next = windowAfter(box.schedule, box.window.opensAtMs)
  return { ...box, outcome: outcomeOf(box), next }
}

function outcomeOf(box: DueWindow): JudgedWindow['outcome'] {
  const { opensAtMs, endsAtMs } = box.window
  if (box.origin === null) return 'suppressed'
  if (box.shippedAtMs !== null && box.shippedAtMs >= opensAtMs) return 'met'
  // an hour's maintenance within eight weeks doesn't excuse them: what counts is their last day
  if (box.isMaintained) return 'suppressed'
  return box.backAtMs !== null && endsAtMs - box.backAtMs < FAIR_CHANCE_MS ? 'blind' : 'missed'
}

function missing(box: DueWindow, origin: string): Fact {
  const { window, expectedSize, auditedSize, shippedAtMs } = box
  const dueAt = formatTime(window.dueAtMs)
  const refusedKeyAt = refusedSince(box.refusedKeyAtMs, window.opensAtMs)
  const expected =
    expectedSize > auditedSize
      ? `${expectedSize} traces, as witnessed when the window opened`
      : `a shipment since ${formatTime(window.opensAtMs)}`
  const fact = factAt(
    origin,
    'missing-shipment',
    null,
    expected,
    `${auditedSize} traces, the last shipment ${shippedAtMs === null ? 'never' : `on ${formatTime(shippedAtMs)}`}`,
    { dueAt, expectedSize, auditedSize, refusedKeyAt },
  )
  return { ...fact, key: `${origin}|missing-shipment|${dueAt}` }
}
