import { resolveFleetAlerts } from '../alerts/fleet.ts'
import { remind } from '../alerts/reminders.ts'
import type { Context } from '../context.ts'
import { ensurePartitions } from '../store/presence.ts'
import { noticeAbsence } from './absence.ts'
import { judgeHeads } from './head-watch.ts'
import { judgeWindows } from './window-watch.ts'

/**
 * One round of watching the clock: first whether the centre itself was away, then whatever is due. All state is in the
 * database, so a start is a round like any other.
 */
export async function watchClock(context: Context): Promise<boolean> {
  await noticeAbsence(context)
  const { database, clock } = context
  await database.transaction((client) => ensurePartitions(client, clock.nowMs()))
  let judged = 0
  // more than fit into one transaction, and windows that were over before the one just judged
  for (const judge of [judgeHeads, judgeWindows])
    for (let more = await judge(context); more > 0; more = await judge(context)) judged += more
  const reminded = await remind(context)
  const over = await resolveFleetAlerts(context)
  if (judged + reminded + over > 0) context.wake()
  return false
}
