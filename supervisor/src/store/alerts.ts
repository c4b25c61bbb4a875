import type { Client } from '@probant/postgres'
import type { Cause, Severity } from '../findings/catalogue.ts'
import { CENTRE, instant, keyOf, ms, only, type BoxKey } from './rows.ts'

export type AlertState = 'open' | 'acknowledged' | 'resolved'

export interface Alert extends BoxKey {
  alertId: string
  cause: Cause
  severity: Severity
  state: AlertState
  openedAtMs: number
  acknowledgedAtMs: number | null
  note: string | null
  resolvedAtMs: number | null
  reminders: number
}

interface AlertRow {
  tenant_id: string
  box_id: string
  alert_id: string
  cause: Cause
  severity: Severity
  state: AlertState
  opened_at: Date
  acknowledged_at: Date | null
  note: string | null
  resolved_at: Date | null
  reminders: number
}

const COLUMNS = `tenant_id, box_id, alert_id, cause, severity, state, opened_at, acknowledged_at,
  note, resolved_at, reminders`

/** The open alert of a box and cause, opened now if there is none. Holds its row until the transaction ends. */
export async function openOrJoinAlert(
  client: Client,
  box: BoxKey,
  alert: { alertId: string; cause: Cause; severity: Severity; nextReminderAtMs: number },
  atMs: number,
): Promise<{ alertId: string; isNew: boolean }> {
  const { rows } = await client.query<{ alert_id: string }>(
    `INSERT INTO centre.alerts
       (tenant_id, box_id, alert_id, cause, severity, state, opened_at, next_reminder_at)
     VALUES ($1, $2, $3, $4, $5, 'open', $6, $7)
     ON CONFLICT (tenant_id, box_id, cause) WHERE state = 'open'
     DO UPDATE SET
       severity = CASE EXCLUDED.severity WHEN 'alert' THEN 'alert' ELSE alerts.severity END,
       next_reminder_at = LEAST(alerts.next_reminder_at, EXCLUDED.next_reminder_at)
     RETURNING alert_id`,
    [
      ...keyOf(box),
      alert.alertId,
      alert.cause,
      alert.severity,
      instant(atMs),
      instant(alert.nextReminderAtMs),
    ],
  )
  const { alert_id: alertId } = only(rows)
  return { alertId, isNew: alertId === alert.alertId }
}

export async function addFindingToAlert(
  client: Client,
  box: BoxKey,
  alertId: string,
  findingId: string,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.alert_findings (tenant_id, box_id, alert_id, finding_id)
     VALUES ($1, $2, $3, $4)`,
    [...keyOf(box), alertId, findingId],
  )
}

export async function findAlert(
  client: Client,
  tenantId: string,
  alertId: string,
): Promise<Alert | undefined> {
  const { rows } = await client.query<AlertRow>(
    `SELECT ${COLUMNS} FROM centre.alerts WHERE tenant_id = $1 AND alert_id = $2`,
    [tenantId, alertId],
  )
  return rows[0] && alertOf(rows[0])
}

/** Newest first; `before` is the last one of the page before. */
export async function listAlerts(
  client: Client,
  tenantId: string,
  limit: number,
  before?: { openedAtMs: number; alertId: string },
): Promise<Alert[]> {
  const { rows } = await client.query<AlertRow>(
    `SELECT ${COLUMNS} FROM centre.alerts
     WHERE tenant_id = $1
       AND ($3::timestamptz IS NULL OR (opened_at, alert_id) < ($3, $4::uuid))
     ORDER BY opened_at DESC, alert_id DESC LIMIT $2`,
    [tenantId, limit, instant(before?.openedAtMs ?? null), before?.alertId ?? null],
  )
  return rows.map(alertOf)
}

/** @returns false when it was not open any more */
export async function acknowledgeAlert(
  client: Client,
  alert: Alert,
  by: { operatorId: string | null; contactId: string | null; note: string | null; atMs: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.alerts
     SET state = 'acknowledged', acknowledged_at = $4, acknowledged_by = $5, note = $6,
         acknowledged_by_contact = $7, next_reminder_at = NULL
     WHERE tenant_id = $1 AND box_id = $2 AND alert_id = $3 AND state = 'open'`,
    [...keyOf(alert), alert.alertId, instant(by.atMs), by.operatorId, by.note, by.contactId],
  )
  return rowCount === 1
}

/** @returns false when it was resolved before */
export async function resolveAlert(
  client: Client,
  alert: Pick<Alert, 'tenantId' | 'boxId' | 'alertId'>,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.alerts SET state = 'resolved', resolved_at = $4, next_reminder_at = NULL
     WHERE tenant_id = $1 AND box_id = $2 AND alert_id = $3 AND state <> 'resolved'`,
    [...keyOf(alert), alert.alertId, instant(atMs)],
  )
  return rowCount === 1
}

/** Open alerts of which contacts must be reminded, held until the transaction ends; those that others hold are left to them. */
export async function alertsToRemind(
  client: Client,
  atMs: number,
  limit: number,
): Promise<Alert[]> {
  const { rows } = await client.query<AlertRow>(
    `SELECT ${COLUMNS} FROM centre.alerts WHERE state = 'open' AND next_reminder_at <= $1
     ORDER BY next_reminder_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [instant(atMs), limit],
  )
  return rows.map(alertOf)
}

export async function scheduleReminder(
  client: Client,
  alert: Alert,
  nextReminderAtMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.alerts SET reminders = reminders + 1, next_reminder_at = $4
     WHERE tenant_id = $1 AND box_id = $2 AND alert_id = $3`,
    [...keyOf(alert), alert.alertId, instant(nextReminderAtMs)],
  )
}

/** Open alerts about some boxes, or all, and about the centre itself. */
export async function countOpenAlerts(
  client: Client,
  tenantId: string,
  boxIds: readonly string[] | null,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM centre.alerts
     WHERE tenant_id = $1 AND state = 'open'
       AND ($2::text[] IS NULL OR box_id = $3 OR box_id = ANY ($2))`,
    [tenantId, boxIds, CENTRE],
  )
  return only(rows).count
}

function alertOf(row: AlertRow): Alert {
  return {
    tenantId: row.tenant_id,
    boxId: row.box_id,
    alertId: row.alert_id,
    cause: row.cause,
    severity: row.severity,
    state: row.state,
    openedAtMs: ms(row.opened_at),
    acknowledgedAtMs: ms(row.acknowledged_at),
    note: row.note,
    resolvedAtMs: ms(row.resolved_at),
    reminders: row.reminders,
  }
}
