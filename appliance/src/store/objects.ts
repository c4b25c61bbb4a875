import { equalBytes } from '@probant/evidence'
import type { Queryable } from './journal.ts'
import type { ObjectRow, SecretField } from './rows.ts'

/** An object's row, as it was inserted. */
export type StoredObject = ObjectRow

interface ObjectRecord {
  id: string
  vault_id: string
  deposit_seq: number
  deposited_at: Date
  depositor_id: string
  size: number
  sha256: Buffer
  sha3_256: Buffer
  media_type: string
  lat: Buffer
  data_key_enclosed: Buffer
  key_generation: number
  files: number
}

const columns =
  'id, vault_id, deposit_seq, deposited_at, depositor_id, size, sha256, sha3_256, media_type, lat, data_key_enclosed, key_generation, files'

const of = (row: ObjectRecord): StoredObject => ({
  id: row.id,
  vaultId: row.vault_id,
  depositSeq: row.deposit_seq,
  depositedAtMs: row.deposited_at.getTime(),
  depositorId: row.depositor_id,
  sizeBytes: row.size,
  sha256: row.sha256,
  sha3: row.sha3_256,
  mediaType: row.media_type,
  lat: row.lat,
  dataKeyEnclosed: row.data_key_enclosed,
  keyGeneration: row.key_generation,
  files: row.files,
})

/** One that was destroyed isn't there, even where somebody put its row back. */
export async function findObject(
  client: Queryable,
  vaultId: string,
  id: string,
): Promise<StoredObject | undefined> {
  const { rows } = await client.query<ObjectRecord>({
    name: 'find-object',
    text: `SELECT ${columns} FROM vault.objects WHERE id = $1 AND vault_id = $2
      AND NOT EXISTS (SELECT FROM vault.destroyed_objects WHERE id = $1)`,
    values: [id, vaultId],
  })
  return rows[0] === undefined ? undefined : of(rows[0])
}

/** The object as it is now, where a rotation enclosed its data key anew since `object` was read; undefined where nothing changed. */
export async function enclosedAnewSince(
  client: Queryable,
  object: StoredObject,
): Promise<StoredObject | undefined> {
  const now = await findObject(client, object.vaultId, object.id)
  const isAsItWas = now === undefined || equalBytes(now.dataKeyEnclosed, object.dataKeyEnclosed)
  return isAsItWas ? undefined : now
}

/**
 * One page of a vault, newest first, beginning below `beforeSeq`. Deposits made meanwhile come before the first page,
 * so pages never shift.
 */
export async function listObjects(
  client: Queryable,
  vaultId: string,
  beforeSeq: number,
  limit: number,
): Promise<StoredObject[]> {
  const { rows } = await client.query<ObjectRecord>({
    name: 'list-objects',
    text: `SELECT ${columns} FROM vault.objects WHERE vault_id = $1 AND deposit_seq < $2 ORDER BY deposit_seq DESC LIMIT $3`,
    values: [vaultId, beforeSeq, limit],
  })
  return rows.map(of)
}

/** One page of a folder, newest first, as `listObjects`. */
export async function listObjectsIn(
  client: Queryable,
  vaultId: string,
  folderId: string,
  beforeSeq: number,
  limit: number,
): Promise<StoredObject[]> {
  const { rows } = await client.query<ObjectRecord>({
    name: 'list-objects-in',
    text: `SELECT ${columns} FROM vault.objects WHERE vault_id = $1 AND id IN (
        SELECT object_id FROM vault.placed_objects WHERE folder_id = $2 AND deposit_seq < $3 ORDER BY deposit_seq DESC LIMIT $4)
      ORDER BY deposit_seq DESC`,
    values: [vaultId, folderId, beforeSeq, limit],
  })
  return rows.map(of)
}

/** One page over every vault, oldest first, for checks of the whole store. */
export async function allObjects(
  client: Queryable,
  afterSeq: number,
  limit: number,
): Promise<StoredObject[]> {
  const { rows } = await client.query<ObjectRecord>({
    name: 'all-objects',
    text: `SELECT ${columns} FROM vault.objects WHERE deposit_seq > $1 ORDER BY deposit_seq LIMIT $2`,
    values: [afterSeq, limit],
  })
  return rows.map(of)
}

/** One page of a vault, oldest first, for checks of all of it. */
export async function allObjectsOf(
  client: Queryable,
  vaultId: string,
  afterSeq: number,
  limit: number,
): Promise<StoredObject[]> {
  const { rows } = await client.query<ObjectRecord>(
    `SELECT ${columns} FROM vault.objects WHERE vault_id = $1 AND deposit_seq > $2 ORDER BY deposit_seq LIMIT $3`,
    [vaultId, afterSeq, limit],
  )
  return rows.map(of)
}

/**
 * Identifiers in the order of the deposits, of those deposited among the journal's first `journalSize` traces.
 *
 * @param among those asked for; null for all of the vault
 */
export async function objectsInOrder(
  client: Queryable,
  vaultId: string,
  among: readonly string[] | null,
  journalSize: number,
  limit: number,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM vault.objects WHERE vault_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2)) AND deposit_seq < $3 ORDER BY deposit_seq LIMIT $4`,
    [vaultId, among, journalSize, limit],
  )
  return rows.map(({ id }) => id)
}

export async function countObjects(
  client: Queryable,
  vaultId: string,
): Promise<{ objects: number; sizeBytes: number }> {
  const { rows } = await client.query<{ objects: number; size: number }>(
    `SELECT count(*) AS objects, coalesce(sum(size), 0)::bigint AS size FROM vault.objects WHERE vault_id = $1`,
    [vaultId],
  )
  return { objects: rows[0]?.objects ?? 0, sizeBytes: rows[0]?.size ?? 0 }
}

/** Objects of a vault of which a file, or the whole, has these digests by both algorithms. */
export async function findByDigests(
  client: Queryable,
  vaultId: string,
  sha256: Uint8Array,
  sha3: Uint8Array,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM vault.objects WHERE vault_id = $1 AND (files > 1 OR sha256 = $2) AND id IN
       (SELECT id FROM vault.objects WHERE vault_id = $1 AND sha256 = $2 AND sha3_256 = $3
        UNION SELECT object_id FROM vault.object_files WHERE sha256 = $2 AND sha3_256 = $3)
     ORDER BY deposit_seq`,
    [vaultId, Buffer.from(sha256), Buffer.from(sha3)],
  )
  return rows.map((row) => row.id)
}

/** The `deposit_seq` of those of `ids` that have a row. */
export async function depositSeqs(
  client: Queryable,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; deposit_seq: number }>(
    `SELECT id, deposit_seq FROM vault.objects WHERE id = ANY($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row.deposit_seq]))
}

/** Digests of an object's files as they are found by, in their order; none for an object of one file. */
export async function indexedFiles(
  client: Queryable,
  objectId: string,
): Promise<{ number: number; sha256: Uint8Array; sha3: Uint8Array }[]> {
  const { rows } = await client.query<{ number: number; sha256: Buffer; sha3_256: Buffer }>(
    `SELECT number, sha256, sha3_256 FROM vault.object_files WHERE object_id = $1 ORDER BY number`,
    [objectId],
  )
  return rows.map(({ number, sha256, sha3_256 }) => ({ number, sha256, sha3: sha3_256 }))
}

/** Those of `ids`, which are UUIDs, that have a row. */
export async function existingObjects(
  client: Queryable,
  ids: readonly string[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM vault.objects WHERE id = ANY($1::uuid[])`,
    [ids],
  )
  return new Set(rows.map((row) => row.id))
}

/** The enclosed secrets of objects, keyed `object:field`. */
export async function readSecrets(
  client: Queryable,
  objectIds: readonly string[],
  fields: readonly SecretField[],
): Promise<Map<string, Uint8Array>> {
  const { rows } = await client.query<{ object_id: string; field: string; enclosed: Buffer }>({
    name: 'read-object-secrets',
    text: `SELECT object_id, field, enclosed FROM vault.object_secrets WHERE object_id = ANY($1::uuid[]) AND field = ANY($2::text[])`,
    values: [objectIds, fields],
  })
  return new Map(rows.map((row) => [`${row.object_id}:${row.field}`, row.enclosed]))
}

export async function findIdempotencyKey(
  client: Queryable,
  userId: string,
  vaultId: string,
  key: string,
): Promise<{ objectId: string; fingerprint: Uint8Array } | undefined> {
  const { rows } = await client.query<{ object_id: string; fingerprint: Buffer }>({
    name: 'find-idempotency-key',
    text: `SELECT object_id, fingerprint FROM vault.idempotency_keys WHERE user_id = $1 AND vault_id = $2 AND key = $3`,
    values: [userId, vaultId, key],
  })
  const row = rows[0]
  return row === undefined ? undefined : { objectId: row.object_id, fingerprint: row.fingerprint }
}
