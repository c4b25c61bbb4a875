import type { Client } from '@probant/postgres'
import type { BrokenWhy } from './contacts.ts'
import { instant, ms, type BoxKey } from './rows.ts'

/** A message that was refused for good, or that nobody has taken for a while. */
export interface NotTaken extends BoxKey {
  notificationId: string
  alertId: string | null
  contactId: string
  occasion: string
  state: 'pending' | 'failed'
  reply: string | null
  /** Cause of its alert; null where no alert is behind it. */
  cause: string | null
}

interface NotTakenRow {
  tenant_id: string
  box_id: string
  notification_id: string
  alert_id: string | null
  contact_id: string
  occasion: string
  state: 'pending' | 'failed'
  reply: string | null
  cause: string | null
}

/**
 * Takes one message that was refused, or was first tried before an instant and still isn't taken: each once. The row is held until the
 * transaction ends.
 */
export async function takeNotTaken(
  client: Client,
  triedBeforeMs: number,
  atMs: number,
): Promise<NotTaken | undefined> {
  const { rows } = await client.query<NotTakenRow>(
    `UPDATE centre.notifications n SET fell_back_at = $2
     FROM (
       SELECT tenant_id, box_id, notification_id FROM centre.notifications p
       WHERE fell_back_at IS NULL AND (state = 'failed' OR state = 'pending' AND EXISTS (
         SELECT FROM centre.notification_attempts a
         WHERE (a.tenant_id, a.box_id, a.notification_id) = (p.tenant_id, p.box_id, p.notification_id)
           AND a.at <= $1))
       ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
     ) late
     WHERE (n.tenant_id, n.box_id, n.notification_id)
         = (late.tenant_id, late.box_id, late.notification_id)
     RETURNING n.tenant_id, n.box_id, n.notification_id, n.alert_id, n.contact_id, n.occasion, n.state,
       (SELECT a.reply FROM centre.notification_attempts a
        WHERE (a.tenant_id, a.box_id, a.notification_id) = (n.tenant_id, n.box_id, n.notification_id)
          AND a.reply IS NOT NULL ORDER BY a.attempt DESC LIMIT 1) AS reply,
       (SELECT cause FROM centre.alerts l
        WHERE (l.tenant_id, l.box_id, l.alert_id) = (n.tenant_id, n.box_id, n.alert_id)) AS cause`,
    [instant(triedBeforeMs), instant(atMs)],
  )
  const [row] = rows
  return (
    row && {
      tenantId: row.tenant_id,
      boxId: row.box_id,
      notificationId: row.notification_id,
      alertId: row.alert_id,
      contactId: row.contact_id,
      occasion: row.occasion,
      state: row.state,
      reply: row.reply,
      cause: row.cause,
    }
  )
}

/** @returns whether it was reached until now */
export async function markBroken(
  client: Client,
  tenantId: string,
  contactId: string,
  why: BrokenWhy,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.contacts SET broken_since = $4, broken_why = $3
     WHERE tenant_id = $1 AND contact_id = $2 AND removed_at IS NULL AND broken_since IS NULL`,
    [tenantId, contactId, why, instant(atMs)],
  )
  return rowCount === 1
}

/**
 * A message was taken: that settles refusals and delays. Somebody confirmed: that settles everything, and no confirmation is waited for.
 * @returns whether anything was settled
 */
export async function markReached(
  client: Client,
  tenantId: string,
  contactId: string,
  isConfirmed: boolean,
): Promise<boolean> {
  const { rowCount } = await client.query(
    isConfirmed
      ? `UPDATE centre.contacts SET broken_since = NULL, broken_why = NULL, test_awaited_since = NULL
         WHERE tenant_id = $1 AND contact_id = $2
           AND (broken_since IS NOT NULL OR test_awaited_since IS NOT NULL)`
      : `UPDATE centre.contacts SET broken_since = NULL, broken_why = NULL
         WHERE tenant_id = $1 AND contact_id = $2 AND broken_why <> 'unconfirmed'`,
    [tenantId, contactId],
  )
  return rowCount === 1
}

/** One contact whose test message nobody confirmed since an instant; held until the transaction ends. */
export async function holdUnconfirmed(
  client: Client,
  sinceMs: number,
): Promise<{ tenantId: string; contactId: string } | undefined> {
  const { rows } = await client.query<{ tenant_id: string; contact_id: string }>(
    `SELECT tenant_id, contact_id FROM centre.contacts
     WHERE removed_at IS NULL AND broken_since IS NULL AND test_awaited_since <= $1
     ORDER BY test_awaited_since LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [instant(sinceMs)],
  )
  return rows[0] && { tenantId: rows[0].tenant_id, contactId: rows[0].contact_id }
}

/** What is sent to every verified contact from time to time. */
export type Periodic = 'test' | 'all-clear'

const NEXT = { test: 'next_test_at', 'all-clear': 'next_all_clear_at' } as const

/** One contact to which the next is due, or has no date yet; held until the transaction ends. */
export async function holdDue(
  client: Client,
  what: Periodic,
  atMs: number,
): Promise<{ tenantId: string; contactId: string; dueAtMs: number | null } | undefined> {
  const { rows } = await client.query<{
    tenant_id: string
    contact_id: string
    due_at: Date | null
  }>(
    `SELECT tenant_id, contact_id, ${NEXT[what]} AS due_at FROM centre.contacts
     WHERE removed_at IS NULL AND verified_at IS NOT NULL
       AND (${NEXT[what]} IS NULL OR ${NEXT[what]} <= $1)
     ORDER BY ${NEXT[what]} NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [instant(atMs)],
  )
  const [row] = rows
  return row && { tenantId: row.tenant_id, contactId: row.contact_id, dueAtMs: ms(row.due_at) }
}

export async function scheduleNext(
  client: Client,
  what: Periodic,
  { tenantId, contactId }: { tenantId: string; contactId: string },
  nextAtMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.contacts SET ${NEXT[what]} = $3 WHERE tenant_id = $1 AND contact_id = $2`,
    [tenantId, contactId, instant(nextAtMs)],
  )
}

/** From now on somebody is waited for; an earlier test that nobody confirmed goes on being waited for. */
export async function awaitConfirmation(
  client: Client,
  { tenantId, contactId }: { tenantId: string; contactId: string },
  atMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.contacts SET test_awaited_since = COALESCE(test_awaited_since, $3)
     WHERE tenant_id = $1 AND contact_id = $2`,
    [tenantId, contactId, instant(atMs)],
  )
}
