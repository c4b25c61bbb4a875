import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { acknowledgeAlert, findAlert, resolveAlert, type Alert } from '../store/alerts.ts'
import type { Contact } from '../store/contacts.ts'
import { findingsOfAlert, resolveFinding } from '../store/findings.ts'
import { resolveFleetFindings } from '../store/fleet-alerts.ts'
import { withdrawReminders } from '../store/notifications.ts'
import { append, type Act } from './journal.ts'
import { reached } from './unreached.ts'

/** An operator, or a contact by the link in a message. */
export type Person =
  { readonly operatorId: string } | { readonly contact: Pick<Contact, 'contactId' | 'address'> }

/** Who did it, and what they said. The note stays out of the journal: people write names into notes. */
export interface Operation {
  tenantId: string
  alertId: string
  by: Person
  note: string | null
}

/** Somebody takes care: reminders end. Repeating it changes nothing. @returns undefined when there is no such alert */
export async function acknowledge(
  context: Context,
  operation: Operation,
): Promise<Alert | undefined> {
  return act(context, operation, async (client, alert, atMs) => {
    const { by, note } = operation
    const person = {
      operatorId: 'operatorId' in by ? by.operatorId : null,
      contactId: 'contact' in by ? by.contact.contactId : null,
    }
    if (!(await acknowledgeAlert(client, alert, { ...person, note, atMs }))) return undefined
    await withdrawReminders(client, alert, alert.alertId)
    return 'alert-acknowledged'
  })
}

/** It is over: its findings are resolved, and only something new opens another alert. */
export async function resolve(context: Context, operation: Operation): Promise<Alert | undefined> {
  return act(context, operation, async (client, alert, atMs) => {
    if (!(await resolveAlert(client, alert, atMs))) return undefined
    await withdrawReminders(client, alert, alert.alertId)
    await resolveFleetFindings(client, alert, 'resolved with its alert', atMs)
    for (const { findingId } of await findingsOfAlert(client, alert, alert.alertId))
      await resolveFinding(client, alert, findingId, 'resolved with its alert', atMs)
    return 'alert-resolved'
  })
}

async function act(
  context: Context,
  { tenantId, alertId, by }: Operation,
  change: (client: Client, alert: Alert, atMs: number) => Promise<Act['act'] | undefined>,
): Promise<Alert | undefined> {
  const changed = await context.database.transaction(
    async (client) => {
      const alert = await findAlert(client, tenantId, alertId)
      if (alert === undefined) return undefined
      const done = await change(client, alert, context.clock.nowMs())
      const after = await findAlert(client, tenantId, alertId)
      // who answers a message got it
      if ('contact' in by) await reached(client, context, tenantId, by.contact.contactId, true)
      if (done !== undefined)
        await append(client, context, tenantId, [
          {
            act: done,
            outcome: 'done',
            data: { alert: alertId, box: alert.boxId },
            ...('operatorId' in by ? by : { address: by.contact }),
          },
        ])
      return after
    },
    { attempts: 3 },
  )
  context.wake()
  return changed
}
