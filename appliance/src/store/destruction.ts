import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

/** What remains of a destroyed object. */
export interface Tombstone {
  readonly id: string
  readonly vaultId: string
  readonly depositSeq: number
  readonly destroySeq: number
  readonly depositedAtMs: number
  readonly sizeBytes: number
  readonly mediaType: string
}

/**
 * Erases an object's data key, archive proof, digests and secrets, and the fingerprints of the requests that brought it. Its tombstone
 * remains. Requires the transaction of the trace that says so.
 * @returns false when it isn't there any more
 */
export async function eraseObject(client: Client, id: string, seq: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO vault.destroyed_objects (id, vault_id, deposit_seq, destroy_seq, deposited_at, size, media_type)
     SELECT id, vault_id, deposit_seq, $2, deposited_at, size, media_type FROM vault.objects WHERE id = $1 FOR UPDATE`,
    [id, seq],
  )
  if (rowCount !== 1) return false
  await client.query(`DELETE FROM vault.object_secrets WHERE object_id = $1`, [id])
  await client.query(`DELETE FROM vault.idempotency_keys WHERE object_id = $1`, [id])
  await client.query(`DELETE FROM vault.objects WHERE id = $1`, [id])
  return true
}

/** Whether a hold stands on an object, as the tables have it: inside the transaction of its destruction no hold can come between. */
export async function isHeld(client: Client, vaultId: string, id: string): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    `SELECT EXISTS (
       SELECT FROM vault.holds h WHERE h.vault_id = $1 AND h.lifted_seq IS NULL
         AND (h.whole_vault OR EXISTS (SELECT FROM vault.held_objects o WHERE o.hold_id = h.id AND o.object_id = $2))
     ) AS held`,
    [vaultId, id],
  )
  return rows[0]?.held === true
}

export async function findTombstone(
  client: Queryable,
  vaultId: string,
  id: string,
): Promise<Tombstone | undefined> {
  const { rows } = await client.query<{
    deposit_seq: number
    destroy_seq: number
    deposited_at: Date
    size: number
    media_type: string
  }>(
    `SELECT deposit_seq, destroy_seq, deposited_at, size, media_type FROM vault.destroyed_objects WHERE id = $1 AND vault_id = $2`,
    [id, vaultId],
  )
  const row = rows[0]
  return (
    row && {
      id,
      vaultId,
      depositSeq: row.deposit_seq,
      destroySeq: row.destroy_seq,
      depositedAtMs: row.deposited_at.getTime(),
      sizeBytes: row.size,
      mediaType: row.media_type,
    }
  )
}

/** Of objects that were destroyed, those of which a data key or a secret is there. */
export async function revivedObjects(
  client: Queryable,
  ids: readonly string[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM vault.objects WHERE id = ANY($1::uuid[])
     UNION SELECT object_id FROM vault.object_secrets WHERE object_id = ANY($1::uuid[])`,
    [ids],
  )
  return new Set(rows.map(({ id }) => id))
}

/** Bytes of traces from `seq` on that say of one of these objects that it was destroyed. */
export async function destructionTraces(
  client: Queryable,
  ids: readonly string[],
  seq: number,
): Promise<{ seq: number; bytes: Uint8Array }[]> {
  const { rows } = await client.query<{ seq: number; bytes: Buffer }>(
    `SELECT seq, bytes FROM journal.traces WHERE object = ANY($1::uuid[]) AND act = 'destroy' AND seq >= $2`,
    [ids, seq],
  )
  return rows
}

/** The opening of the reason in a trace; undefined where it was erased. */
export async function groundsOpening(
  client: Queryable,
  seq: number,
): Promise<{ salt: Uint8Array; value: Uint8Array } | undefined> {
  const { rows } = await client.query<{ salt: Buffer; value: Buffer }>(
    `SELECT salt, value FROM journal.openings WHERE seq = $1 AND field = 'grounds'`,
    [seq],
  )
  return rows[0]
}

/** By which trace each of these objects was destroyed, as their tombstones have it. */
export async function tombstoneSeqs(
  client: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ id: string; destroy_seq: number }>(
    `SELECT id, destroy_seq FROM vault.destroyed_objects WHERE id = ANY($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row.destroy_seq]))
}

/** Tombstones after `afterSeq`, in the order of their traces, each with the bytes of the trace that it names. */
export async function tombstonesWithTraces(
  client: Queryable,
  afterSeq: number,
  limit: number,
): Promise<{ id: string; seq: number; bytes: Uint8Array | null }[]> {
  const { rows } = await client.query<{ id: string; seq: number; bytes: Buffer | null }>(
    `SELECT d.id, d.destroy_seq AS seq, t.bytes FROM vault.destroyed_objects d
     LEFT JOIN journal.traces t ON t.seq = d.destroy_seq
     WHERE d.destroy_seq > $1 ORDER BY d.destroy_seq LIMIT $2`,
    [afterSeq, limit],
  )
  return rows
}
