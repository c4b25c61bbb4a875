import type { Context } from '../context.ts'
import { remind } from '../alerts/reminders.ts'
import { ensurePartitions } from '../store/presence.ts'
import { noticeAbsence } from './absence.ts'
import { judgeOneHead } from './head-watch.ts'
import { judgeOneWindow } from './window-watch.ts'

/**
 * One round of watching the clock: first whether the centre itself was away, then whatever is due. All state is in the
 * database, so a start is a round like any other.
 */
export async function watchClock(context: Context): Promise<boolean> {
  await noticeAbsence(context)
  const { database, clock } = context
  await database.transaction((client) => ensurePartitions(client, clock.nowMs()))
  let judged = 0
  while (await judgeOneHead(context)) judged++
  while (await judgeOneWindow(context)) judged++
  const reminded = await remind(context)
  if (judged + reminded > 0) context.wake()
  return false
}
