import type { Context } from '../context.ts'
import { allSchedules, replaceWindow } from '../store/schedules.ts'
import { windowAgain, type Window } from './schedule.ts'

/**
 * Computes anew every window that is waited for. Once at start: rules of time zones come with the runtime, and don't change
 * while it runs.
 */
export async function recomputeWindows({ database, clock, logger }: Context): Promise<void> {
  const nowMs = clock.nowMs()
  // a fleet has few different schedules
  const known = new Map<string, Window>()
  for (const kept of await allSchedules(database)) {
    const { schedule, window, boxId } = kept
    const key = JSON.stringify([schedule, window])
    const again = known.get(key) ?? windowAgain(schedule, window, nowMs)
    known.set(key, again)
    if (again.opensAtMs === window.opensAtMs && again.dueAtMs === window.dueAtMs) continue
    await replaceWindow(database, kept, again)
    logger.warn({ boxId, timeZone: schedule.timeZone, window, again }, 'other rules of its zone')
  }
}
