import type { Client } from '@probant/postgres'
import { recipients } from './recipients.ts'
import { CENTRE, instant, ms } from './rows.ts'

/** How a contact is reached: the address is a mail address, an https address, or host:port. */
export type Channel = 'email' | 'webhook' | 'syslog'

/** How it was made sure that a message reaches who it is meant for. */
export type Verified = 'link' | 'challenge' | 'code' | 'installation' | 'migration'

/** Why it counts as unreachable: a message was refused; none was taken for a while; nobody confirmed a test. */
export type BrokenWhy = 'refused' | 'delayed' | 'unconfirmed'

/** Somebody, or something, that is told of alerts. */
export interface Contact {
  contactId: string
  channel: Channel
  /** Empty once it was removed. */
  address: string
  /** null: every box. */
  boxIds: string[] | null
  addedAtMs: number
  /** null: not told of alerts yet. */
  verified: { atMs: number; by: Verified } | null
  removedAtMs: number | null
  /** The contact that this one is told in place of; null: told at once. */
  standsInFor: string | null
  /** null: as far as is known, messages reach it. */
  broken: { sinceMs: number; why: BrokenWhy } | null
}

interface ContactRow {
  contact_id: string
  channel: Channel
  address: string
  box_ids: string[] | null
  added_at: Date
  verified_at: Date | null
  verified_by: Verified | null
  removed_at: Date | null
  stands_in_for: string | null
  broken_since: Date | null
  broken_why: BrokenWhy | null
}

const SELECT = `SELECT contact_id, channel, address, box_ids, added_at, verified_at, verified_by, removed_at,
    stands_in_for, broken_since, broken_why
  FROM centre.contacts`

/** @throws PostgresError `refused-value` when the address is there already */
export async function insertContact(
  client: Client,
  tenantId: string,
  contact: Contact,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.contacts
       (tenant_id, contact_id, channel, address, box_ids, added_at, verified_at, verified_by,
        stands_in_for)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      tenantId,
      contact.contactId,
      contact.channel,
      contact.address,
      contact.boxIds,
      instant(contact.addedAtMs),
      instant(contact.verified?.atMs ?? null),
      contact.verified?.by ?? null,
      contact.standsInFor,
    ],
  )
}

/** Oldest first; those that were removed only where they are asked for. */
export async function listContacts(
  client: Client,
  tenantId: string,
  withRemoved = false,
): Promise<Contact[]> {
  const { rows } = await client.query<ContactRow>(
    `${SELECT} WHERE tenant_id = $1 AND ($2 OR removed_at IS NULL) ORDER BY added_at, contact_id`,
    [tenantId, withRemoved],
  )
  return rows.map(contactOf)
}

/** Who is told at once of an alert about a box, or about the centre itself. */
export async function contactsFor(
  client: Client,
  tenantId: string,
  boxId: string,
): Promise<Contact[]> {
  const { rows } = await client.query<ContactRow>(
    `${SELECT} WHERE tenant_id = $1 AND removed_at IS NULL
       AND (box_ids IS NULL OR $2 = $3 OR $2 = ANY (box_ids)) ORDER BY added_at, contact_id`,
    [tenantId, boxId, CENTRE],
  )
  return recipients(rows.map(contactOf))
}

export async function findContact(
  client: Client,
  tenantId: string,
  contactId: string,
): Promise<Contact | undefined> {
  const { rows } = await client.query<ContactRow>(
    `${SELECT} WHERE tenant_id = $1 AND contact_id = $2 AND removed_at IS NULL`,
    [tenantId, contactId],
  )
  return rows[0] && contactOf(rows[0])
}

/** It is made sure of, or once more where that was asked for. @returns false when there was nothing to make sure of */
export async function markVerified(
  client: Client,
  tenantId: string,
  contactId: string,
  by: Verified,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.contacts
     SET verified_at = $4, verified_by = $3, code = NULL, code_expires_at = NULL
     WHERE tenant_id = $1 AND contact_id = $2 AND removed_at IS NULL
       AND (verified_at IS NULL OR code IS NOT NULL)`,
    [tenantId, contactId, by, instant(atMs)],
  )
  return rowCount === 1
}

/** The code that the next verification message carries; those before count no more. */
export async function setCode(
  client: Client,
  tenantId: string,
  contactId: string,
  code: string,
  expiresAtMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.contacts SET code = $3, code_expires_at = $4, code_refusals = 0
     WHERE tenant_id = $1 AND contact_id = $2`,
    [tenantId, contactId, code, instant(expiresAtMs)],
  )
}

/** The code under way; the row is held, so that tries are counted one by one. */
export async function holdCode(
  client: Client,
  tenantId: string,
  contactId: string,
): Promise<{ code: string; expiresAtMs: number; refusals: number } | undefined> {
  const { rows } = await client.query<{
    code: string
    code_expires_at: Date
    code_refusals: number
  }>(
    `SELECT code, code_expires_at, code_refusals FROM centre.contacts
     WHERE tenant_id = $1 AND contact_id = $2 AND code IS NOT NULL FOR UPDATE`,
    [tenantId, contactId],
  )
  const [row] = rows
  return (
    row && {
      code: row.code,
      expiresAtMs: ms(row.code_expires_at),
      refusals: row.code_refusals,
    }
  )
}

export async function countRefusedCode(
  client: Client,
  tenantId: string,
  contactId: string,
): Promise<void> {
  await client.query(
    `UPDATE centre.contacts SET code_refusals = code_refusals + 1
     WHERE tenant_id = $1 AND contact_id = $2`,
    [tenantId, contactId],
  )
}

/**
 * Removes a contact: the address and the openings of its commitments are erased, the journal stays as it is. Who stood in for it takes
 * its place.
 * @returns false when there is none
 */
export async function removeContact(
  client: Client,
  tenantId: string,
  contactId: string,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.contacts
     SET removed_at = $3, address = '', code = NULL, code_expires_at = NULL
     WHERE tenant_id = $1 AND contact_id = $2 AND removed_at IS NULL`,
    [tenantId, contactId, instant(atMs)],
  )
  await client.query(
    `UPDATE centre.contacts c SET stands_in_for = gone.stands_in_for FROM centre.contacts gone
     WHERE c.tenant_id = $1 AND c.stands_in_for = $2 AND c.removed_at IS NULL
       AND gone.tenant_id = $1 AND gone.contact_id = $2`,
    [tenantId, contactId],
  )
  await client.query('DELETE FROM centre.alert_openings WHERE tenant_id = $1 AND contact_id = $2', [
    tenantId,
    contactId,
  ])
  await client.query(
    `UPDATE centre.notifications SET state = 'withdrawn'
     WHERE tenant_id = $1 AND contact_id = $2 AND state = 'pending'`,
    [tenantId, contactId],
  )
  return rowCount === 1
}

function contactOf(row: ContactRow): Contact {
  const { verified_at: verifiedAt, verified_by: by, broken_since: since, broken_why: why } = row
  return {
    contactId: row.contact_id,
    channel: row.channel,
    address: row.address,
    boxIds: row.box_ids,
    addedAtMs: ms(row.added_at),
    verified: verifiedAt === null || by === null ? null : { atMs: ms(verifiedAt), by },
    removedAtMs: ms(row.removed_at),
    standsInFor: row.stands_in_for,
    broken: since === null || why === null ? null : { sinceMs: ms(since), why },
  }
}
