import type { Context } from '../context.ts'
import type { Severity } from '../findings/catalogue.ts'
import { alertsToRemind, scheduleReminder } from '../store/alerts.ts'
import { contactsFor } from '../store/contacts.ts'
import { enqueue } from '../store/notifications.ts'

const HOUR_MS = 3_600_000

/** Between two reminders of an open alert, in ms: an hour, then longer, for as long as nobody acknowledges it. */
export function reminderDelayMs(severity: Severity, remindersSent: number): number {
  const firstMs = severity === 'alert' ? HOUR_MS : 12 * HOUR_MS
  return Math.min(firstMs * 2 ** remindersSent, 24 * HOUR_MS)
}

/** Puts the reminders that are due into the outbox. @returns how many alerts it reminded of */
export async function remind(context: Context): Promise<number> {
  const atMs = context.clock.nowMs()
  return context.database.transaction(async (client) => {
    const alerts = await alertsToRemind(client, atMs, 100)
    for (const alert of alerts) {
      const occasion = `reminder-${alert.reminders + 1}`
      for (const { contactId } of await contactsFor(client, alert.tenantId, alert.boxId)) {
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
