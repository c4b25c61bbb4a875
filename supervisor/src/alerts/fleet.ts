import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import type { Severity } from '../findings/catalogue.ts'
import { openOrJoinAlert, resolveAlert, type Alert } from '../store/alerts.ts'
import { contactsFor, type Contact } from '../store/contacts.ts'
import type { NewFinding } from '../store/findings.ts'
import {
  addToFleetAlert,
  endedFleetAlerts,
  fleetBoxes,
  resolveFleetFindings,
} from '../store/fleet-alerts.ts'
import { CENTRE, type BoxKey } from '../store/rows.ts'
import { append, type Act } from './journal.ts'
import { raisedAct, tell } from './open.ts'
import { reminderDelayMs } from './severity.ts'

/** So many boxes that fall silent together are a cut of what they share: one alert tells of all. Fewer have theirs each. */
export const FLEET = 5

/** For so long after it was opened an alert of the fleet takes in every box that falls silent. */
export const JOINED_WITHIN_MS = 15 * 60_000

/** An alert that grows is told anew at most this often. */
const UPDATE_EVERY_MS = 15 * 60_000

/** One finding of one box. */
export interface Member extends BoxKey {
  finding: NewFinding
}

/** Whether an alert tells of many boxes of a tenant, and not of the centre itself. */
export function isFleetAlert({ boxId, cause }: Pick<Alert, 'boxId' | 'cause'>): boolean {
  return boxId === CENTRE && cause === 'silence'
}

/**
 * Puts silences of many boxes into the open alert of the fleet, or opens it, in the caller's transaction.
 * @returns what the caller journals at the end of it
 */
export async function joinFleetAlert(
  client: Client,
  context: Context,
  tenantId: string,
  severity: Severity,
  members: readonly Member[],
): Promise<Act[]> {
  const atMs = context.clock.nowMs()
  const fleet = { tenantId, boxId: CENTRE }
  const { alertId, isNew } = await openOrJoinAlert(
    client,
    fleet,
    {
      alertId: context.randomness.uuid(),
      cause: 'silence',
      severity,
      nextReminderAtMs: atMs + reminderDelayMs(severity, 0),
    },
    atMs,
  )
  const acts = await addMembers(client, tenantId, alertId, members)
  const boxIds = new Set(members.map(({ boxId }) => boxId))
  for (const { contactId } of await contactsOf(client, tenantId, boxIds))
    await tell(client, context, fleet, { alertId, contactId, isNew, everyMs: UPDATE_EVERY_MS })
  const data = { alert: alertId, box: CENTRE, cause: 'silence', severity, boxes: boxIds.size }
  return isNew ? [...acts, { act: 'alert-opened', outcome: 'done', data }] : acts
}

/** Puts findings beside those that an alert of the fleet tells of. @returns what the caller journals */
export async function addMembers(
  client: Client,
  tenantId: string,
  alertId: string,
  members: readonly Member[],
): Promise<Act[]> {
  await addToFleetAlert(
    client,
    tenantId,
    alertId,
    members.map(({ boxId, finding }) => ({ boxId, findingId: finding.findingId })),
  )
  return members.map(({ boxId, finding }) => raisedAct({ tenantId, boxId }, alertId, finding))
}

/** Who is told of an alert, by its boxes where it tells of many. */
export async function contactsOfAlert(client: Client, alert: Alert): Promise<Contact[]> {
  const { tenantId, boxId, alertId } = alert
  if (!isFleetAlert(alert)) return contactsFor(client, tenantId, boxId)
  return contactsOf(client, tenantId, await fleetBoxes(client, tenantId, alertId))
}

async function contactsOf(
  client: Client,
  tenantId: string,
  boxes: ReadonlySet<string>,
): Promise<Contact[]> {
  const contacts = await contactsFor(client, tenantId, CENTRE)
  return contacts.filter(({ boxIds }) => boxIds === null || boxIds.some((one) => boxes.has(one)))
}

/** Ends alerts of fleets that somebody took charge of and whose boxes are all back. @returns how many */
export async function resolveFleetAlerts(context: Context): Promise<number> {
  const atMs = context.clock.nowMs()
  return context.database.transaction(
    async (client) => {
      const ended = await endedFleetAlerts(client)
      const acts = new Map<string, Act[]>()
      for (const alert of ended) {
        await resolveAlert(client, alert, atMs)
        await resolveFleetFindings(client, alert, 'resolved with its alert', atMs)
        const data = { alert: alert.alertId, box: CENTRE }
        const act: Act = { act: 'alert-resolved', outcome: 'done', data }
        acts.set(alert.tenantId, [...(acts.get(alert.tenantId) ?? []), act])
      }
      for (const [tenantId, those] of [...acts].sort(([a], [b]) => a.localeCompare(b)))
        await append(client, context, tenantId, those)
      return ended.length
    },
    { attempts: 3 },
  )
}
