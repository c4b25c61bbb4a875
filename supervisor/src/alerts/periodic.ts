import type { Context } from '../context.ts'
import { enqueue } from '../store/notifications.ts'
import { CENTRE } from '../store/rows.ts'
import { awaitConfirmation, holdDue, scheduleNext, type Periodic } from '../store/unreached.ts'
import { periods } from './periods.ts'

/** Puts the test messages and all-clears that are due into the outbox; the first of each comes one period after the contact. */
export async function sendPeriodic(context: Context): Promise<void> {
  const { testEveryMs, allClearEveryMs } = periods(context.settings)
  let sent = 0
  if (testEveryMs !== null) while (await sendOne(context, 'test', testEveryMs)) sent++
  if (allClearEveryMs !== null) while (await sendOne(context, 'all-clear', allClearEveryMs)) sent++
  if (sent > 0) context.wake()
}

function sendOne(context: Context, what: Periodic, everyMs: number): Promise<boolean> {
  const { database, clock, randomness } = context
  const nowMs = clock.nowMs()
  return database.transaction(
    async (client) => {
      const due = await holdDue(client, what, nowMs)
      if (due === undefined) return false
      const { tenantId, contactId, dueAtMs } = due
      await scheduleNext(client, what, due, nowMs + everyMs)
      if (dueAtMs === null) return true
      const message = {
        ...{ notificationId: randomness.uuid(), alertId: null, contactId, dueAtMs: nowMs },
        occasion: `${what}-${Math.floor(nowMs / 1000)}`,
      }
      await enqueue(client, { tenantId, boxId: CENTRE }, message, nowMs)
      if (what === 'test') await awaitConfirmation(client, due, nowMs)
      return true
    },
    { attempts: 3 },
  )
}
