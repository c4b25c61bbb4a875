import type { FindingKind } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { Alert } from './alerts.ts'
import { CENTRE, instant, ms, type BoxKey } from './rows.ts'

/** A box, and what was found about it that an alert of the fleet tells of. */
export interface FleetMember {
  boxId: string
  findingId: string
}

/** An alert of the fleet, at a glance. */
export interface FleetSummary {
  boxes: number
  /** Those of them that are still silent. */
  silent: number
  kinds: FindingKind[]
  /** The first few, in the order in which they were found, those that are still silent before the others. */
  first: { boxId: string; name: string }[]
  sinceMs: number
}

/** The open alert of a tenant's fleet. */
export async function openFleetAlert(
  client: Client,
  tenantId: string,
): Promise<{ alertId: string; openedAtMs: number } | undefined> {
  const { rows } = await client.query<{ alert_id: string; opened_at: Date }>(
    `SELECT alert_id, opened_at FROM centre.alerts
     WHERE tenant_id = $1 AND box_id = $2 AND cause = 'silence' AND state = 'open'`,
    [tenantId, CENTRE],
  )
  return rows[0] && { alertId: rows[0].alert_id, openedAtMs: ms(rows[0].opened_at) }
}

/** Boxes that an alert of the fleet tells of. */
export async function fleetBoxes(
  client: Client,
  tenantId: string,
  alertId: string,
): Promise<Set<string>> {
  const { rows } = await client.query<{ box_id: string }>(
    `SELECT DISTINCT box_id FROM centre.fleet_alert_findings
     WHERE tenant_id = $1 AND alert_id = $2`,
    [tenantId, alertId],
  )
  return new Set(rows.map(({ box_id }) => box_id))
}

/** The newest alert of the fleet that tells of a box and isn't resolved. */
export async function fleetAlertOf(
  client: Client,
  { tenantId, boxId }: BoxKey,
): Promise<{ alertId: string; isOpen: boolean } | undefined> {
  const { rows } = await client.query<{ alert_id: string; is_open: boolean }>(
    `SELECT a.alert_id, a.state = 'open' AS is_open
     FROM centre.fleet_alert_findings f JOIN centre.alerts a
       ON (a.tenant_id, a.box_id, a.alert_id) = (f.tenant_id, $3, f.alert_id)
     WHERE f.tenant_id = $1 AND f.box_id = $2 AND a.state <> 'resolved'
     ORDER BY a.opened_at DESC LIMIT 1`,
    [tenantId, boxId, CENTRE],
  )
  return rows[0] && { alertId: rows[0].alert_id, isOpen: rows[0].is_open }
}

export async function addToFleetAlert(
  client: Client,
  tenantId: string,
  alertId: string,
  members: readonly FleetMember[],
): Promise<void> {
  await client.query(
    `INSERT INTO centre.fleet_alert_findings (tenant_id, box_id, finding_id, alert_id)
     SELECT $1, m.box_id, m.finding_id, $2 FROM unnest($3::text[], $4::uuid[]) m (box_id, finding_id)`,
    [
      tenantId,
      alertId,
      members.map(({ boxId }) => boxId),
      members.map(({ findingId }) => findingId),
    ],
  )
}

/** @param boxIds only these of its boxes; null for all */
export async function fleetSummary(
  client: Client,
  tenantId: string,
  alertId: string,
  boxIds: readonly string[] | null,
): Promise<FleetSummary> {
  const { rows } = await client.query<{
    boxes: number
    silent: number
    kinds: FindingKind[]
    first: { boxId: string; name: string }[]
    since: Date | null
  }>(
    `WITH member AS (
       SELECT m.box_id, b.name, min(f.raised_at) AS since, array_agg(f.kind) AS kinds,
         bool_or(r.finding_id IS NULL AND f.kind <> 'late-shipment') AS silent
       FROM centre.fleet_alert_findings m
       JOIN centre.findings f USING (tenant_id, box_id, finding_id)
       JOIN centre.boxes b USING (tenant_id, box_id)
       LEFT JOIN centre.finding_resolutions r USING (tenant_id, box_id, finding_id)
       WHERE m.tenant_id = $1 AND m.alert_id = $2 AND ($3::text[] IS NULL OR m.box_id = ANY ($3))
       GROUP BY m.box_id, b.name
     )
     SELECT count(*)::int AS boxes, (count(*) FILTER (WHERE silent))::int AS silent, min(since) AS since,
       ARRAY(SELECT DISTINCT unnest(kinds) FROM member) AS kinds,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('boxId', box_id, 'name', name)), '[]')
        FROM (SELECT * FROM member ORDER BY silent DESC, since, box_id LIMIT 10) first) AS first
     FROM member`,
    [tenantId, alertId, boxIds],
  )
  const [row] = rows
  if (row === undefined) throw new Error('a count without a row')
  const { boxes, silent, kinds, first, since } = row
  return { boxes, silent, kinds, first, sinceMs: since === null ? 0 : ms(since) }
}

/** Alerts of fleets that somebody took charge of and whose boxes are all back, held; those that others hold are left to them. */
export async function endedFleetAlerts(client: Client): Promise<BoxKeyedAlert[]> {
  const { rows } = await client.query<{ tenant_id: string; alert_id: string }>(
    `SELECT a.tenant_id, a.alert_id FROM centre.alerts a
     WHERE a.box_id = $1 AND a.cause = 'silence' AND a.state = 'acknowledged' AND NOT EXISTS (
       SELECT FROM centre.fleet_alert_findings m JOIN centre.findings f USING (tenant_id, box_id, finding_id)
       LEFT JOIN centre.finding_resolutions r USING (tenant_id, box_id, finding_id)
       WHERE (m.tenant_id, m.alert_id) = (a.tenant_id, a.alert_id)
         AND r.finding_id IS NULL AND f.kind <> 'late-shipment')
     FOR UPDATE OF a SKIP LOCKED`,
    [CENTRE],
  )
  return rows.map((row) => ({ tenantId: row.tenant_id, boxId: CENTRE, alertId: row.alert_id }))
}

type BoxKeyedAlert = Pick<Alert, 'tenantId' | 'boxId' | 'alertId'>

/** Resolves whatever is open of an alert of the fleet. */
export async function resolveFleetFindings(
  client: Client,
  { tenantId, alertId }: Pick<Alert, 'tenantId' | 'alertId'>,
  reason: string,
  atMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.finding_resolutions (tenant_id, box_id, finding_id, resolved_at, reason)
     SELECT tenant_id, box_id, finding_id, $3, $4 FROM centre.fleet_alert_findings
     WHERE tenant_id = $1 AND alert_id = $2 ON CONFLICT DO NOTHING`,
    [tenantId, alertId, instant(atMs), reason],
  )
}
