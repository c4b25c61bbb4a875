import type { Client } from '@probant/postgres'
import {
  addMembers,
  FLEET,
  JOINED_WITHIN_MS,
  joinFleetAlert,
  type Member,
} from '../alerts/fleet.ts'
import { append, type Act } from '../alerts/journal.ts'
import { joinAlert } from '../alerts/open.ts'
import { severest } from '../alerts/severity.ts'
import type { Context } from '../context.ts'
import { insertFindings, type NewFinding } from '../store/findings.ts'
import { fleetAlertOf, fleetBoxes, openFleetAlert } from '../store/fleet-alerts.ts'
import type { BoxKey } from '../store/rows.ts'
import type { Fact } from './fact.ts'

/** A box that is silent, and what is to be said of it. */
export interface Silent extends BoxKey {
  fact: Fact
}

/**
 * Raises silences that one round found, together: many at once are what the boxes share, and one alert tells of them; fewer are
 * each box's own. Last in its transaction: it holds the alert journal.
 */
export async function raiseSilence(
  client: Client,
  context: Context,
  silent: readonly Silent[],
): Promise<void> {
  const byTenant = Map.groupBy(silent, ({ tenantId }) => tenantId)
  for (const [tenantId, those] of [...byTenant].sort(([a], [b]) => a.localeCompare(b)))
    await append(client, context, tenantId, await raiseOf(client, context, tenantId, those))
}

async function raiseOf(
  client: Client,
  context: Context,
  tenantId: string,
  silent: readonly Silent[],
): Promise<Act[]> {
  const atMs = context.clock.nowMs()
  const members = await insertFindings(
    client,
    silent.map((one) => memberOf(context, one)),
    atMs,
  )
  if (members.length === 0) return []
  for (const { boxId, finding } of members) {
    context.figures.findings.inc({ kind: finding.kind })
    context.logger.warn({ boxId, kind: finding.kind, seq: finding.seq }, 'finding raised')
  }
  const { together, alone } = await parted(client, tenantId, members, atMs)
  const acts: Act[] = []
  if (together.length > 0) {
    const severity = severest(together.map(({ finding }) => finding))
    acts.push(...(await joinFleetAlert(client, context, tenantId, severity, together)))
  }
  for (const { boxId, finding } of alone)
    acts.push(...(await joinAlert(client, context, { tenantId, boxId }, 'silence', [finding])))
  return acts
}

function memberOf(context: Context, { tenantId, boxId, fact }: Silent): Member {
  const { key, ...said } = fact
  const kept = { ...said, expectedEvidence: null, foundEvidence: null }
  return {
    tenantId,
    boxId,
    finding: { ...kept, dedupeKey: key, findingId: context.randomness.uuid() },
  }
}

/** Which go into the alert of the fleet, and which are a box's own. */
async function parted(
  client: Client,
  tenantId: string,
  members: readonly Member[],
  atMs: number,
): Promise<{ together: readonly Member[]; alone: readonly Member[] }> {
  if (members.length >= FLEET) return { together: members, alone: [] }
  const open = await openFleetAlert(client, tenantId)
  if (open === undefined) return { together: [], alone: members }
  if (atMs - open.openedAtMs < JOINED_WITHIN_MS) return { together: members, alone: [] }
  const told = await fleetBoxes(client, tenantId, open.alertId)
  const { together = [], alone = [] } = Object.groupBy(members, ({ boxId }) =>
    told.has(boxId) ? 'together' : 'alone',
  )
  return { together, alone }
}

/**
 * What one box's own session says of its silence, such as that what was missing came: told where the silence was told. Once
 * somebody took charge of the fleet's alert it is put beside it without another message.
 * @returns what the caller journals at the end of its transaction
 */
export async function joinSilence(
  client: Client,
  context: Context,
  box: BoxKey,
  findings: readonly NewFinding[],
): Promise<Act[]> {
  const fleet = await fleetAlertOf(client, box)
  if (fleet === undefined) return joinAlert(client, context, box, 'silence', findings)
  const { tenantId } = box
  const members = findings.map((finding) => ({ ...box, finding }))
  return fleet.isOpen
    ? joinFleetAlert(client, context, tenantId, severest(findings), members)
    : addMembers(client, tenantId, fleet.alertId, members)
}
