import type { Client } from '@probant/postgres'
import { CENTRE, instant, ms } from './rows.ts'

/** Somebody who is told of alerts. */
export interface Contact {
  contactId: string
  email: string
  /** null: every box. */
  boxIds: string[] | null
  addedAtMs: number
}

interface ContactRow {
  contact_id: string
  email: string
  box_ids: string[] | null
  added_at: Date
}

const SELECT = 'SELECT contact_id, email, box_ids, added_at FROM centre.contacts'

/** @throws PostgresError `refused-value` when the address is there already */
export async function insertContact(
  client: Client,
  tenantId: string,
  contact: Contact,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.contacts (tenant_id, contact_id, email, box_ids, added_at)
     VALUES ($1, $2, $3, $4, $5)`,
    [tenantId, contact.contactId, contact.email, contact.boxIds, instant(contact.addedAtMs)],
  )
}

export async function listContacts(client: Client, tenantId: string): Promise<Contact[]> {
  const { rows } = await client.query<ContactRow>(
    `${SELECT} WHERE tenant_id = $1 AND removed_at IS NULL ORDER BY added_at, contact_id`,
    [tenantId],
  )
  return rows.map(contactOf)
}

/** Who is told of an alert about a box, or about the centre itself. */
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
  return rows.map(contactOf)
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

/**
 * Removes a contact: the address and the openings of its commitments are erased, the journal stays as it is.
 * @returns false when there is none
 */
export async function removeContact(
  client: Client,
  tenantId: string,
  contactId: string,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.contacts SET removed_at = $3, email = ''
     WHERE tenant_id = $1 AND contact_id = $2 AND removed_at IS NULL`,
    [tenantId, contactId, instant(atMs)],
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
  return {
    contactId: row.contact_id,
    email: row.email,
    boxIds: row.box_ids,
    addedAtMs: ms(row.added_at),
  }
}
