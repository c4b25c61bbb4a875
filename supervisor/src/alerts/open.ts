import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import type { Cause } from '../findings/catalogue.ts'
import { addFindingToAlert, openOrJoinAlert } from '../store/alerts.ts'
import { contactsFor } from '../store/contacts.ts'
import type { NewFinding } from '../store/findings.ts'
import { enqueue, holdUnsent, nextTurn } from '../store/notifications.ts'
import type { BoxKey } from '../store/rows.ts'
import type { Act } from './journal.ts'
import { reminderDelayMs, severest } from './severity.ts'

/** At most one message a minute about one alert: what comes meanwhile is told together. */
const UPDATE_EVERY_MS = 60_000

/**
 * Puts new findings of one cause into the open alert of that cause, or opens one, and puts what contacts must be told into the
 * outbox, all in the caller's transaction.
 * @returns what the caller journals at the end of it
 */
export async function joinAlert(
  client: Client,
  context: Context,
  box: BoxKey,
  cause: Cause,
  findings: readonly NewFinding[],
): Promise<Act[]> {
  const atMs = context.clock.nowMs()
  const severity = severest(findings)
  const { alertId, isNew } = await openOrJoinAlert(
    client,
    box,
    {
      alertId: context.randomness.uuid(),
      cause,
      severity,
      nextReminderAtMs: atMs + reminderDelayMs(severity, 0),
    },
    atMs,
  )
  for (const { findingId } of findings) await addFindingToAlert(client, box, alertId, findingId)
  for (const { contactId } of await contactsFor(client, box.tenantId, box.boxId))
    await tell(client, context, box, { alertId, contactId, isNew, everyMs: UPDATE_EVERY_MS })
  const opened: Act = {
    act: 'alert-opened',
    outcome: 'done',
    data: { alert: alertId, box: box.boxId, cause, severity },
  }
  return [
    ...findings.map((finding) => raisedAct(box, alertId, finding)),
    ...(isNew ? [opened] : []),
  ]
}

export function raisedAct(box: BoxKey, alertId: string, finding: NewFinding): Act {
  const { findingId, kind, seq, origin } = finding
  return {
    act: 'finding-raised',
    outcome: 'done',
    data: { finding: findingId, box: box.boxId, alert: alertId, kind, seq, origin },
  }
}

/**
 * Puts what one contact must be told of an alert into the outbox; what it wasn't told yet will say it too.
 * @param everyMs of an alert that grows, at most one message in so long
 */
export async function tell(
  client: Client,
  context: Context,
  box: BoxKey,
  told: { alertId: string; contactId: string; isNew: boolean; everyMs: number },
): Promise<void> {
  const { alertId, contactId, isNew, everyMs } = told
  const atMs = context.clock.nowMs()
  const put = async (occasion: string, fromMs: number) => {
    const dueAtMs = await nextTurn(client, box, alertId, contactId, fromMs)
    const notificationId = context.randomness.uuid()
    const message = { notificationId, alertId, contactId, occasion, dueAtMs }
    return enqueue(client, box, message, atMs)
  }
  if (isNew) {
    await put('opened', atMs)
    return
  }
  if (await holdUnsent(client, box, alertId, contactId)) return
  const turn = Math.floor(atMs / everyMs)
  if (await put(`updated-${turn}`, atMs)) return
  await put(`updated-${turn + 1}`, (turn + 1) * everyMs)
}
