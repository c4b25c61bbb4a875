import type { Client } from '@probant/postgres'

/** What the tables say of a contact that the alert journal speaks of. */
export interface StoredContact {
  contactId: string
  address: string
  boxIds: string[] | null
  isVerified: boolean
  /** What opens the commitment to its address; null where that is gone. */
  opening: { salt: Uint8Array; value: Uint8Array } | null
}

/** Contacts that nobody removed, each with the opening of one trace. */
export async function storedContacts(
  client: Client,
  tenantId: string,
  contacts: readonly { readonly contactId: string; readonly seq: number }[],
): Promise<Map<string, StoredContact>> {
  const { rows } = await client.query<{
    contact_id: string
    address: string
    box_ids: string[] | null
    is_verified: boolean
    salt: Buffer | null
    value: Buffer | null
  }>(
    `SELECT c.contact_id, c.address, c.box_ids, c.verified_at IS NOT NULL AS is_verified, o.salt, o.value
     FROM centre.contacts c
     JOIN unnest($2::uuid[], $3::bigint[]) AS j (contact_id, seq) ON j.contact_id = c.contact_id
     LEFT JOIN centre.alert_openings o
       ON o.tenant_id = c.tenant_id AND o.seq = j.seq AND o.field = 'address'
     WHERE c.tenant_id = $1 AND c.removed_at IS NULL`,
    [tenantId, contacts.map(({ contactId }) => contactId), contacts.map(({ seq }) => seq)],
  )
  return new Map(
    rows.map(
      ({ contact_id: contactId, address, box_ids: boxIds, is_verified: isVerified, ...o }) => {
        const opening =
          o.salt === null || o.value === null ? null : { salt: o.salt, value: o.value }
        return [contactId, { contactId, address, boxIds, isVerified, opening }]
      },
    ),
  )
}

export async function hasVerifiedContact(client: Client, tenantId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM centre.contacts
     WHERE tenant_id = $1 AND removed_at IS NULL AND verified_at IS NOT NULL LIMIT 1`,
    [tenantId],
  )
  return rowCount === 1
}

/** An alert whose row says that it is taken care of, or a message about it that was not sent and waits no more. */
export interface Silenced {
  alertId: string
  /** null: the alert itself. */
  notificationId: string | null
}

/** Of alerts that are open by the journal, those that the tables call something else, and messages about them that are not to be sent. */
export async function silencedAlerts(
  client: Client,
  tenantId: string,
  alertIds: readonly string[],
): Promise<Silenced[]> {
  const { rows } = await client.query<{ alert_id: string; notification_id: string | null }>(
    `SELECT j.alert_id, NULL AS notification_id FROM unnest($2::uuid[]) AS j (alert_id)
     LEFT JOIN centre.alerts a ON a.tenant_id = $1 AND a.alert_id = j.alert_id
     WHERE a.state IS DISTINCT FROM 'open'
     UNION ALL
     SELECT n.alert_id, n.notification_id FROM centre.notifications n
     JOIN centre.contacts c USING (tenant_id, contact_id)
     WHERE n.tenant_id = $1 AND n.alert_id = ANY ($2) AND n.state IN ('delivered', 'withdrawn')
       AND c.removed_at IS NULL`,
    [tenantId, alertIds],
  )
  return rows.map(({ alert_id: alertId, notification_id: notificationId }) => ({
    alertId,
    notificationId,
  }))
}
