import type { Client } from '@probant/postgres'
import type { Channel } from './contacts.ts'
import { instant, keyOf, ms, type BoxKey } from './rows.ts'

/** A message to send: committed with the alert, sent afterwards. */
export interface Notification extends BoxKey {
  notificationId: string
  /** null: not about an alert. */
  alertId: string | null
  contactId: string
  channel: Channel
  /** opened, updated-<n>, reminder-<n>, verification-<n>, test-<seconds>, all-clear-<seconds>. */
  occasion: string
  /** Number of this attempt, from 1. */
  attempt: number
}

interface NotificationRow {
  tenant_id: string
  box_id: string
  notification_id: string
  alert_id: string | null
  contact_id: string
  channel: Channel
  occasion: string
  attempts: number
}

export type AttemptOutcome = 'attempted' | 'delivered' | 'deferred' | 'failed'

/** Puts a message into the outbox; nothing when this occasion was told to this contact already. */
export async function enqueue(
  client: Client,
  box: BoxKey,
  message: {
    notificationId: string
    alertId: string | null
    contactId: string
    occasion: string
    dueAtMs: number
  },
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO centre.notifications (tenant_id, box_id, notification_id, alert_id, contact_id,
       channel, occasion, state, next_attempt_at, created_at)
     SELECT $1, $2, $3, $4, contact_id, channel, $6, 'pending', $7, $8
     FROM centre.contacts WHERE tenant_id = $1 AND contact_id = $5 ON CONFLICT DO NOTHING`,
    [
      ...keyOf(box),
      message.notificationId,
      message.alertId,
      message.contactId,
      message.occasion,
      instant(message.dueAtMs),
      instant(atMs),
    ],
  )
  return rowCount === 1
}

/** Messages of one severity that a contact gets within a minute: what is beyond waits for its turn. */
const A_MINUTE = 10

/**
 * When the next message to a contact may go, at an instant or later. Those of alerts don't wait for those of warnings.
 */
export async function nextTurn(
  client: Client,
  box: BoxKey,
  alertId: string,
  contactId: string,
  fromMs: number,
): Promise<number> {
  const { rows } = await client.query<{ at: Date }>(
    `SELECT n.next_attempt_at AS at FROM centre.notifications n
     JOIN centre.alerts a ON (a.tenant_id, a.box_id, a.alert_id) = (n.tenant_id, n.box_id, n.alert_id)
     WHERE n.tenant_id = $1 AND n.contact_id = $2 AND n.next_attempt_at > $3::timestamptz - interval '1 minute'
       AND a.severity = (SELECT severity FROM centre.alerts WHERE tenant_id = $1 AND box_id = $4 AND alert_id = $5)
     ORDER BY n.next_attempt_at DESC OFFSET ${A_MINUTE - 1} LIMIT 1`,
    [box.tenantId, contactId, instant(fromMs), box.boxId, alertId],
  )
  return rows[0] === undefined ? fromMs : Math.max(fromMs, ms(rows[0].at) + 60_000)
}

/** Whether a message about this alert waits that nobody has begun to send: it will tell what is known when it is sent. */
export async function holdUnsent(
  client: Client,
  box: BoxKey,
  alertId: string,
  contactId: string,
): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM centre.notifications
     WHERE tenant_id = $1 AND box_id = $2 AND alert_id = $3 AND contact_id = $4
       AND state = 'pending' AND attempts = 0 FOR UPDATE`,
    [...keyOf(box), alertId, contactId],
  )
  return rows.length > 0
}

/** Takes messages that are due; nobody else does until the lease ends, which a crash lets happen by itself. */
export async function claimDue(
  client: Client,
  atMs: number,
  leaseMs: number,
  limit: number,
): Promise<Notification[]> {
  const { rows } = await client.query<NotificationRow>(
    `UPDATE centre.notifications n SET attempts = n.attempts + 1, leased_until = $2
     FROM (
       SELECT tenant_id, box_id, notification_id FROM centre.notifications
       WHERE state = 'pending' AND next_attempt_at <= $1
         AND (leased_until IS NULL OR leased_until <= $1)
       ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED
     ) due
     WHERE (n.tenant_id, n.box_id, n.notification_id)
         = (due.tenant_id, due.box_id, due.notification_id)
     RETURNING n.tenant_id, n.box_id, n.notification_id, n.alert_id, n.contact_id, n.channel,
       n.occasion, n.attempts`,
    [instant(atMs), instant(atMs + leaseMs), limit],
  )
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    boxId: row.box_id,
    notificationId: row.notification_id,
    alertId: row.alert_id,
    contactId: row.contact_id,
    channel: row.channel,
    occasion: row.occasion,
    attempt: row.attempts,
  }))
}

/** Ends an attempt. @returns false when the lease had ended and somebody else took the message */
export async function endAttempt(
  client: Client,
  notification: Notification,
  result: { state: 'pending' | 'delivered' | 'failed'; nextAttemptAtMs: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.notifications SET state = $5, next_attempt_at = $6, leased_until = NULL
     WHERE tenant_id = $1 AND box_id = $2 AND notification_id = $3 AND attempts = $4
       AND state IN ('pending', 'withdrawn')`,
    [
      ...keyOf(notification),
      notification.notificationId,
      notification.attempt,
      result.state,
      instant(result.nextAttemptAtMs),
    ],
  )
  return rowCount === 1
}

export async function insertAttempt(
  client: Client,
  notification: Notification,
  outcome: AttemptOutcome,
  reply: string | null,
  atMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.notification_attempts
       (tenant_id, box_id, notification_id, attempt, outcome, reply, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      ...keyOf(notification),
      notification.notificationId,
      notification.attempt,
      outcome,
      reply,
      instant(atMs),
    ],
  )
}

/** Nobody needs to hear any more of an alert that was acknowledged: what was not begun is not sent. */
export async function withdrawReminders(
  client: Client,
  box: BoxKey,
  alertId: string,
): Promise<void> {
  await client.query(
    `UPDATE centre.notifications SET state = 'withdrawn'
     WHERE tenant_id = $1 AND box_id = $2 AND alert_id = $3 AND state = 'pending'
       AND occasion LIKE 'reminder-%'`,
    [...keyOf(box), alertId],
  )
}

/** How an alert was told, oldest first. */
export async function attemptsOfAlert(
  client: Client,
  box: BoxKey,
  alertId: string,
): Promise<{ atMs: number; channel: Channel; outcome: AttemptOutcome; reply: string | null }[]> {
  const { rows } = await client.query<{
    at: Date
    channel: Channel
    outcome: AttemptOutcome
    reply: string | null
  }>(
    `SELECT a.at, n.channel, a.outcome, a.reply
     FROM centre.notification_attempts a JOIN centre.notifications n USING (tenant_id, box_id, notification_id)
     WHERE n.tenant_id = $1 AND n.box_id = $2 AND n.alert_id = $3 ORDER BY a.at, a.attempt`,
    [...keyOf(box), alertId],
  )
  return rows.map(({ at, channel, outcome, reply }) => ({ atMs: ms(at), channel, outcome, reply }))
}

/** Verification messages put into the outbox from an instant on, oldest first. */
export async function verificationsSince(
  client: Client,
  tenantId: string,
  sinceMs: number,
): Promise<{ contactId: string; atMs: number }[]> {
  const { rows } = await client.query<{ contact_id: string; created_at: Date }>(
    `SELECT contact_id, created_at FROM centre.notifications
     WHERE tenant_id = $1 AND alert_id IS NULL AND occasion LIKE 'verification-%'
       AND created_at > $2 ORDER BY created_at`,
    [tenantId, instant(sinceMs)],
  )
  return rows.map(({ contact_id, created_at }) => ({ contactId: contact_id, atMs: ms(created_at) }))
}

/** What asks for a verification that isn't needed any more, or is asked for anew. */
export async function withdrawVerifications(
  client: Client,
  tenantId: string,
  contactId: string,
): Promise<void> {
  await client.query(
    `UPDATE centre.notifications SET state = 'withdrawn'
     WHERE tenant_id = $1 AND contact_id = $2 AND alert_id IS NULL AND state = 'pending'
       AND occasion LIKE 'verification-%'`,
    [tenantId, contactId],
  )
}

/** How messages to contacts went last, by contact. */
export async function lastAttempts(
  client: Client,
  tenantId: string,
): Promise<Map<string, { atMs: number; outcome: AttemptOutcome; reply: string | null }>> {
  const { rows } = await client.query<{
    contact_id: string
    at: Date
    outcome: AttemptOutcome
    reply: string | null
  }>(
    `SELECT c.contact_id, last.at, last.outcome, last.reply
     FROM centre.contacts c CROSS JOIN LATERAL (
       SELECT a.at, a.outcome, a.reply
       FROM centre.notifications n
       JOIN centre.notification_attempts a USING (tenant_id, box_id, notification_id)
       WHERE n.tenant_id = c.tenant_id AND n.contact_id = c.contact_id
       ORDER BY n.created_at DESC, a.at DESC, a.outcome = 'attempted' LIMIT 1
     ) last
     WHERE c.tenant_id = $1`,
    [tenantId],
  )
  return new Map(
    rows.map(({ contact_id, at, outcome, reply }) => [
      contact_id,
      { atMs: ms(at), outcome, reply },
    ]),
  )
}
