import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import { FLEET } from '../alerts/fleet.ts'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { settle } from '../findings/raise.ts'
import { raiseSilence } from '../findings/silence.ts'
import { headsAwaited, takeOverdueHeads, type OverdueHead } from '../store/due.ts'
import { openFindings } from '../store/findings.ts'
import type { BoxKey } from '../store/rows.ts'
import { getSchedule, setHeadDue, setHeadsDue } from '../store/schedules.ts'
import { headSilenceMs, MISSED_HEADS } from './schedule.ts'

/** A head came: the next one is waited for, and silence is over. In the transaction that witnesses it. */
export async function noteHead(client: Client, context: Context, box: BoxKey): Promise<void> {
  const kept = await getSchedule(client, box)
  const every = kept?.schedule.headsEverySeconds ?? null
  if (every !== null) await setHeadDue(client, box, context.clock.nowMs() + headSilenceMs(every))
  for (const { findingId } of await openFindings(client, box, ['journal-unwitnessed']))
    await settle(client, context, box, findingId, 'heads come again')
}

/** What one cut silences is overdue within one interval of heads; so long is waited before any of it is judged. */
const GATHERING_MS = 60_000

/** Raises the silence of all boxes whose heads are overdue, together. @returns how many boxes were looked at */
export async function judgeHeads(context: Context): Promise<number> {
  const atMs = context.clock.nowMs()
  const { firstDueMs, boxes } = await headsAwaited(context.database)
  if (firstDueMs === null || firstDueMs > atMs) return 0
  if (boxes >= FLEET && atMs - firstDueMs < GATHERING_MS) return 0
  return context.database.transaction(
    async (client) => {
      const overdue = await takeOverdueHeads(client, atMs, MISSED_HEADS)
      await setHeadsDue(client, overdue.map(nextOf))
      const silent = overdue.filter(({ excusedUntilMs }) => excusedUntilMs === null)
      await raiseSilence(
        client,
        context,
        silent.map((box) => ({ ...box, fact: silence(box) })),
      )
      return overdue.length
    },
    { attempts: 3 },
  )
}

/** A silence that maintenance had a part in isn't held against the box: it has its whole time again. Else nothing more is said until a head comes. */
function nextOf({ tenantId, boxId, everySeconds, excusedUntilMs }: OverdueHead) {
  const dueAtMs = excusedUntilMs === null ? null : excusedUntilMs + headSilenceMs(everySeconds)
  return { tenantId, boxId, dueAtMs }
}

function silence({ boxId, origin, lastMs, everySeconds, refusedKeyAtMs }: OverdueHead): Fact {
  const last = formatTime(lastMs)
  const fact = factAt(
    origin ?? boxId,
    'journal-unwitnessed',
    null,
    `a head every ${everySeconds} s`,
    `none since ${last}`,
    { lastHeadAt: last, everySeconds, refusedKeyAt: refusedSince(refusedKeyAtMs, lastMs) },
  )
  return { ...fact, key: `${fact.key}|${last}` }
}

/** When another key was refused, if that was since the box was last heard of. */
export function refusedSince(refusedKeyAtMs: number | null, sinceMs: number): string | null {
  return refusedKeyAtMs !== null && refusedKeyAtMs >= sinceMs ? formatTime(refusedKeyAtMs) : null
}
