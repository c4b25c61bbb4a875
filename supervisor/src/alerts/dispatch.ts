import type { Context } from '../context.ts'
import { findAlert } from '../store/alerts.ts'
import { getBox } from '../store/boxes.ts'
import { findContact, type Contact } from '../store/contacts.ts'
import { findingsOfAlert } from '../store/findings.ts'
import { fleetSummary } from '../store/fleet-alerts.ts'
import { claimDue, endAttempt, insertAttempt, type Notification } from '../store/notifications.ts'
import { acknowledgementLink } from './acknowledgement-link.ts'
import { isFleetAlert } from './fleet.ts'
import { append, type Act } from './journal.ts'
import { alertData } from './alert-data.ts'
import type { Handover, Outgoing, Senders } from './channel.ts'
import { messageOf } from './message.ts'
import { allClearMessage, testMessage } from './periodic-messages.ts'
import { confirmTest, reached } from './unreached.ts'
import { periods } from './periods.ts'
import { verificationMessage } from './verification-message.ts'
import { verificationOf, verifyByReceiver } from './verification.ts'

/** How long a message is ours before somebody else may send it; longer than the mailer's own time-outs together. */
const LEASE_MS = 120_000
const AT_ONCE = 10

/**
 * Sends what the outbox holds. Each step is committed before the next: the attempt before the relay hears of it, its outcome
 * after. A crash between lets the lease run out, and the message goes again under the same Message-ID.
 * @returns whether there may be more to send
 */
export async function dispatch(context: Context, senders: Senders): Promise<boolean> {
  const claimed = await claim(context)
  await Promise.all(claimed.map((one) => send(context, senders, one)))
  return claimed.length === AT_ONCE
}

interface Claimed {
  notification: Notification
  contact: Contact | undefined
}

async function claim(context: Context): Promise<Claimed[]> {
  const atMs = context.clock.nowMs()
  return context.database.transaction(
    async (client) => {
      const claimed: Claimed[] = []
      const actsOf = new Map<string, Act[]>()
      for (const notification of await claimDue(client, atMs, LEASE_MS, AT_ONCE)) {
        const { tenantId, contactId } = notification
        const contact = await findContact(client, tenantId, contactId)
        claimed.push({ notification, contact })
        if (contact === undefined) continue
        await insertAttempt(client, notification, 'attempted', null, atMs)
        const act = actOf('notification-attempted', 'done', { notification, contact }, {})
        actsOf.set(tenantId, [...(actsOf.get(tenantId) ?? []), act])
      }
      for (const [tenantId, acts] of [...actsOf].sort(([a], [b]) => a.localeCompare(b)))
        await append(client, context, tenantId, acts)
      return claimed
    },
    { attempts: 3 },
  )
}

async function send(
  context: Context,
  senders: Senders,
  { notification, contact }: Claimed,
): Promise<void> {
  if (contact === undefined) {
    await finish(context, notification, undefined, { outcome: 'failed', reply: 'contact removed' })
    return
  }
  const message = await render(context, notification, contact)
  if (message === undefined) {
    await finish(context, notification, contact, { outcome: 'failed', reply: 'answered meanwhile' })
    return
  }
  const handover = await senders[contact.channel].send(contact.address, message)
  await finish(context, notification, contact, handover)
  const { tenantId } = notification
  if (handover.isAnswered !== true) return
  if (message.type === 'verification')
    await verifyByReceiver(context, tenantId, contact.contactId, 'challenge')
  if (message.type === 'test') await confirmTest(context, tenantId, contact, 'challenge')
}

/** Undefined when there is nothing to say any more. */
async function render(
  context: Context,
  notification: Notification,
  contact: Contact,
): Promise<Outgoing | undefined> {
  const { tenantId, alertId, contactId, notificationId: id, occasion } = notification
  if (alertId !== null) return renderAlert(context, { ...notification, alertId }, contact)
  if (occasion.startsWith('test-'))
    return { id, occasion, ...(await testMessage(context, tenantId, contact, id)) }
  if (occasion.startsWith('all-clear-')) {
    const { allClearEveryMs } = periods(context.settings)
    if (allClearEveryMs === null) return undefined
    return {
      id,
      occasion,
      ...(await allClearMessage(context, tenantId, contact, allClearEveryMs)),
    }
  }
  const asked = await verificationOf(context, tenantId, contactId)
  return asked && { id, occasion, ...verificationMessage(context.settings.centreName, asked) }
}

/** What is known when it is sent: findings that joined the alert meanwhile are told as well. */
async function renderAlert(
  context: Context,
  notification: Notification & { alertId: string },
  { boxIds }: Contact,
): Promise<Outgoing> {
  const { database, settings } = context
  const { tenantId, alertId, occasion, notificationId: id } = notification
  const alert = await findAlert(database, tenantId, alertId)
  if (alert === undefined) throw new Error(`no alert ${alertId} behind a notification`)
  const box = await getBox(database, notification)
  const findings = await findingsOfAlert(database, notification, alertId)
  const link = `${settings.publicUrl.replace(/\/$/, '')}/alerts#${alertId}`
  const acknowledgeLink = await acknowledgementLink(context, notification)
  const subject = box?.name ?? settings.centreName
  const fleet = isFleetAlert(alert)
    ? { fleet: await fleetSummary(database, tenantId, alertId, boxIds) }
    : {}
  const told = { alert, subject, findings, ...fleet, occasion, link, acknowledgeLink }
  return { id, occasion, type: 'alert', ...alertData(told), ...messageOf(told) }
}

async function finish(
  context: Context,
  notification: Notification,
  contact: Contact | undefined,
  { outcome, reply }: Handover,
): Promise<void> {
  const atMs = context.clock.nowMs()
  const state = outcome === 'deferred' ? 'pending' : outcome
  const nextAttemptAtMs = atMs + backOffMs(notification.attempt)
  await context.database.transaction(
    async (client) => {
      if (!(await endAttempt(client, notification, { state, nextAttemptAtMs }))) return
      await insertAttempt(client, notification, outcome, reply, atMs)
      if (contact === undefined) return
      if (outcome === 'delivered')
        await reached(client, context, notification.tenantId, contact.contactId, false)
      const told = { notification, contact }
      const act =
        outcome === 'delivered'
          ? actOf('notification-delivered', 'done', told, { reply })
          : actOf('notification-failed', 'failed', told, { reply, again: outcome === 'deferred' })
      await append(client, context, notification.tenantId, [act])
    },
    { attempts: 3 },
  )
  context.figures.notifications.inc({ outcome })
  context.logger.info({ notification: notification.notificationId, outcome, reply }, 'notified')
  context.wake()
}

/** Half a minute, doubled each time, at most half an hour. */
function backOffMs(attempt: number): number {
  return Math.min(30_000 * 2 ** (attempt - 1), 1_800_000)
}

function actOf(
  act: 'notification-attempted' | 'notification-delivered' | 'notification-failed',
  outcome: 'done' | 'failed',
  { notification, contact }: { notification: Notification; contact: Contact },
  more: Record<string, string | boolean>,
): Act {
  const { alertId, notificationId, attempt, occasion } = notification
  return {
    act,
    outcome,
    data: {
      alert: alertId,
      notification: notificationId,
      channel: contact.channel,
      occasion,
      attempt,
      ...more,
    },
    address: contact,
  }
}
