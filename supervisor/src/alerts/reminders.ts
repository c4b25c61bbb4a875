import type { Context } from '../context.ts'
import { alertsToRemind, scheduleReminder } from '../store/alerts.ts'
import { enqueue } from '../store/notifications.ts'
import { contactsOfAlert } from './fleet.ts'
import { reminderDelayMs } from './severity.ts'

/** Puts the reminders that are due into the outbox. @returns how many alerts it reminded of */
export async function remind(context: Context): Promise<number> {
  const atMs = context.clock.nowMs()
  return context.database.transaction(async (client) => {
    const alerts = await alertsToRemind(client, atMs, 100)
    for (const alert of alerts) {
      const occasion = `reminder-${alert.reminders + 1}`
      for (const { contactId } of await contactsOfAlert(client, alert)) {
        const notificationId = context.randomness.uuid()
        const message = {
          notificationId,
          alertId: alert.alertId,
          contactId,
          occasion,
          dueAtMs: atMs,
        }
        await enqueue(client, alert, message, atMs)
      }
      const delayMs = reminderDelayMs(alert.severity, alert.reminders + 1)
      await scheduleReminder(client, alert, atMs + delayMs)
    }
    return alerts.length
  })
}
