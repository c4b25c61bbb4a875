import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { classify, isRaisedKind, type Cause, type Severity } from '../findings/catalogue.ts'
import { addFindingToAlert, openOrJoinAlert } from '../store/alerts.ts'
import { contactsFor } from '../store/contacts.ts'
import type { NewFinding } from '../store/findings.ts'
import { enqueue, holdUnsent } from '../store/notifications.ts'
import type { BoxKey } from '../store/rows.ts'
import type { Act } from './journal.ts'
import { reminderDelayMs } from './reminders.ts'

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
    await tell(client, context, box, alertId, contactId, isNew)
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

function raisedAct(box: BoxKey, alertId: string, finding: NewFinding): Act {
  const { findingId, kind, seq, origin } = finding
  return {
    act: 'finding-raised',
    outcome: 'done',
    data: { finding: findingId, box: box.boxId, alert: alertId, kind, seq, origin },
  }
}

async function tell(
  client: Client,
  context: Context,
  box: BoxKey,
  alertId: string,
  contactId: string,
  isNew: boolean,
): Promise<void> {
  const atMs = context.clock.nowMs()
  const put = (occasion: string, dueAtMs: number) =>
    enqueue(
      client,
      box,
      { notificationId: context.randomness.uuid(), alertId, contactId, occasion, dueAtMs },
      atMs,
    )
  if (isNew) {
    await put('opened', atMs)
    return
  }
  if (await holdUnsent(client, box, alertId, contactId)) return
  const minute = Math.floor(atMs / UPDATE_EVERY_MS)
  if (await put(`updated-${minute}`, atMs)) return
  await put(`updated-${minute + 1}`, (minute + 1) * UPDATE_EVERY_MS)
}

function severest(findings: readonly NewFinding[]): Severity {
  return findings.some(({ kind }) => isRaisedKind(kind) && classify(kind).severity === 'alert')
    ? 'alert'
    : 'warning'
}
