import { equalBytes } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import { instant, keyOf, ms, only, type BoxKey } from './rows.ts'

export interface Box extends BoxKey {
  name: string
  enrolledAtMs: number
  lastContactAtMs: number | null
  clockSkewMs: number | null
  /** When somebody last proved to hold another key under this box's name. */
  refusedKeyAtMs: number | null
}

interface BoxRow {
  tenant_id: string
  box_id: string
  name: string
  enrolled_at: Date
  last_contact_at: Date | null
  clock_skew_ms: number | null
  refused_key_at: Date | null
}

/** The box behind an SSH user name. */
export async function findBox(client: Client, boxId: string): Promise<BoxKey | undefined> {
  const { rows } = await client.query<{ tenant_id: string }>({
    name: 'find-box',
    text: 'SELECT tenant_id FROM centre.box_directory WHERE box_id = $1',
    values: [boxId],
  })
  return rows[0] && { tenantId: rows[0].tenant_id, boxId }
}

/** Whether an SSH public key blob is one that the box may use now. Looked up at each attempt: revocation acts at once. */
export async function isAgentKey(client: Client, box: BoxKey, blob: Uint8Array): Promise<boolean> {
  const { rows } = await client.query<{ key_blob: Buffer }>(
    `SELECT key_blob FROM centre.agent_keys
     WHERE tenant_id = $1 AND box_id = $2 AND revoked_at IS NULL`,
    keyOf(box),
  )
  return rows.some(({ key_blob }) => equalBytes(key_blob, blob))
}

export async function noteRefusedKey(client: Client, box: BoxKey, atMs: number): Promise<void> {
  await client.query(
    'UPDATE centre.boxes SET refused_key_at = $3 WHERE tenant_id = $1 AND box_id = $2',
    [...keyOf(box), instant(atMs)],
  )
}

/** The box whose journal is cosigned here and followed elsewhere; undefined for one that is followed here, or isn't known. */
export async function witnessedBox(client: Client, origin: string): Promise<BoxKey | undefined> {
  const { rows } = await client.query<{ tenant_id: string; box_id: string }>(
    `SELECT tenant_id, box_id FROM centre.origin_directory JOIN centre.boxes USING (tenant_id, box_id)
     WHERE origin = $1 AND witness_only`,
    [origin],
  )
  return rows[0] && { tenantId: rows[0].tenant_id, boxId: rows[0].box_id }
}

/** A box that is followed elsewhere: nobody signs in under its name. */
export async function insertWitnessedBox(
  client: Client,
  { tenantId, boxId, name }: BoxKey & { name: string },
  atMs: number,
): Promise<void> {
  await client.query('INSERT INTO centre.box_directory (box_id, tenant_id) VALUES ($1, $2)', [
    boxId,
    tenantId,
  ])
  await client.query(
    `INSERT INTO centre.boxes (tenant_id, box_id, name, enrolled_at, witness_only)
     VALUES ($1, $2, $3, $4, true)`,
    [tenantId, boxId, name, instant(atMs)],
  )
}

export async function insertBox(
  client: Client,
  box: BoxKey & { name: string; agentKey: Uint8Array },
  atMs: number,
): Promise<void> {
  const { tenantId, boxId, name, agentKey } = box
  await client.query('INSERT INTO centre.box_directory (box_id, tenant_id) VALUES ($1, $2)', [
    boxId,
    tenantId,
  ])
  await client.query(
    'INSERT INTO centre.boxes (tenant_id, box_id, name, enrolled_at) VALUES ($1, $2, $3, $4)',
    [tenantId, boxId, name, instant(atMs)],
  )
  await client.query(
    'INSERT INTO centre.agent_keys (tenant_id, box_id, key_blob, added_at) VALUES ($1, $2, $3, $4)',
    [tenantId, boxId, Buffer.from(agentKey), instant(atMs)],
  )
}

/**
 * The box has another agent key from now on, and none of those before; what sessions under those still send isn't listened to.
 */
export async function replaceAgentKey(
  client: Client,
  box: BoxKey,
  agentKey: Uint8Array,
  atMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.agent_keys SET revoked_at = $3
     WHERE tenant_id = $1 AND box_id = $2 AND revoked_at IS NULL`,
    [...keyOf(box), instant(atMs)],
  )
  await client.query(
    'INSERT INTO centre.agent_keys (tenant_id, box_id, key_blob, added_at) VALUES ($1, $2, $3, $4)',
    [...keyOf(box), Buffer.from(agentKey), instant(atMs)],
  )
  await client.query(
    `UPDATE centre.boxes SET session_epoch = session_epoch + 1 WHERE tenant_id = $1 AND box_id = $2`,
    keyOf(box),
  )
}

/** A new session begins: its number is the only one whose changes {@link holdSession} lets through from now on. */
export async function beginSession(
  client: Client,
  box: BoxKey,
  contact: { atMs: number; clockSkewMs: number },
): Promise<number> {
  const { rows } = await client.query<{ session_epoch: number }>(
    `UPDATE centre.boxes
     SET session_epoch = session_epoch + 1, last_contact_at = $3, clock_skew_ms = $4
     WHERE tenant_id = $1 AND box_id = $2 RETURNING session_epoch`,
    [...keyOf(box), instant(contact.atMs), contact.clockSkewMs],
  )
  return only(rows).session_epoch
}

/** True when no newer session has begun; none begins until the transaction ends. */
export async function holdSession(client: Client, box: BoxKey, epoch: number): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM centre.boxes
     WHERE tenant_id = $1 AND box_id = $2 AND session_epoch = $3 FOR NO KEY UPDATE`,
    [...keyOf(box), epoch],
  )
  return rows.length === 1
}

export async function getBox(client: Client, box: BoxKey): Promise<Box | undefined> {
  const { rows } = await client.query<BoxRow>(
    `SELECT tenant_id, box_id, name, enrolled_at, last_contact_at, clock_skew_ms, refused_key_at
     FROM centre.boxes WHERE tenant_id = $1 AND box_id = $2`,
    keyOf(box),
  )
  return rows[0] && boxOf(rows[0])
}

function boxOf(row: BoxRow): Box {
  return {
    tenantId: row.tenant_id,
    boxId: row.box_id,
    name: row.name,
    enrolledAtMs: ms(row.enrolled_at),
    lastContactAtMs: ms(row.last_contact_at),
    clockSkewMs: row.clock_skew_ms,
    refusedKeyAtMs: ms(row.refused_key_at),
  }
}
