import type { Client } from '@probant/postgres'

export interface ObjectRow {
  readonly id: string
  readonly vaultId: string
  readonly depositSeq: number
  readonly depositedAtMs: number
  readonly depositorId: string
  readonly sizeBytes: number
  readonly sha256: Uint8Array
  readonly sha3: Uint8Array
  readonly mediaType: string
  /** How many it has. */
  readonly files: number
  readonly lat: Uint8Array
  readonly dataKeyEnclosed: Uint8Array
  /** Of the vault's key that encloses it, and the object's secrets. */
  readonly keyGeneration: number
}

/** A file of an object that has several, in their order. */
export interface ObjectFileRow {
  readonly objectId: string
  readonly sha256: Uint8Array
  readonly sha3: Uint8Array
}

export type SecretField = 'object' | 'depositor' | 'metadata'

export interface ObjectSecretRow {
  readonly objectId: string
  readonly field: SecretField
  readonly enclosed: Uint8Array
}

export interface JournalOpeningRow {
  readonly seq: number
  readonly field: string
  readonly salt: Uint8Array
  readonly value: Uint8Array
}

export interface IdempotencyRow {
  readonly userId: string
  readonly vaultId: string
  readonly key: string
  readonly fingerprint: Uint8Array
  readonly objectId: string
  readonly createdAtMs: number
}

/** Of a deposit into a folder. */
export interface PlacedObjectRow {
  readonly objectId: string
  readonly folderId: string
  readonly depositSeq: number
}

/** What acts add besides their trace. */
export interface ActRows {
  readonly objects?: readonly ObjectRow[]
  readonly objectFiles?: readonly ObjectFileRow[]
  readonly objectSecrets?: readonly ObjectSecretRow[]
  readonly openings?: readonly JournalOpeningRow[]
  readonly idempotencyKeys?: readonly IdempotencyRow[]
  readonly placedObjects?: readonly PlacedObjectRow[]
}

const seconds = (ms: number) => ms / 1000
const bytes = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.byteLength)

/** Counted from 1 in one act's object. */
const numbered = (files: readonly ObjectFileRow[]) =>
  files.map((file, at) => ({ ...file, number: at + 1 }))

/** Inserts the rows of a whole batch of acts, one statement a table. Requires the batch's own transaction. */
export async function insertActRows(client: Client, batch: readonly ActRows[]): Promise<void> {
  const objects = batch.flatMap((rows) => rows.objects ?? [])
  const files = batch.flatMap((rows) => numbered(rows.objectFiles ?? []))
  const secrets = batch.flatMap((rows) => rows.objectSecrets ?? [])
  const openings = batch.flatMap((rows) => rows.openings ?? [])
  const keys = batch.flatMap((rows) => rows.idempotencyKeys ?? [])
  const placed = batch.flatMap((rows) => rows.placedObjects ?? [])
  if (objects.length > 0)
    await client.query({
      name: 'insert-objects',
      text: `INSERT INTO vault.objects (id, vault_id, deposit_seq, deposited_at, depositor_id, size, sha256, sha3_256, media_type, lat, data_key_enclosed, key_generation, files)
        SELECT id, vault_id, deposit_seq, to_timestamp(deposited_at), depositor_id, size, sha256, sha3_256, media_type, lat, data_key_enclosed, key_generation, files
        FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::float8[], $5::uuid[], $6::bigint[], $7::bytea[], $8::bytea[], $9::text[], $10::bytea[], $11::bytea[], $12::int[], $13::int[])
          AS t (id, vault_id, deposit_seq, deposited_at, depositor_id, size, sha256, sha3_256, media_type, lat, data_key_enclosed, key_generation, files)`,
      values: [
        objects.map((row) => row.id),
        objects.map((row) => row.vaultId),
        objects.map((row) => row.depositSeq),
        objects.map((row) => seconds(row.depositedAtMs)),
        objects.map((row) => row.depositorId),
        objects.map((row) => row.sizeBytes),
        objects.map((row) => bytes(row.sha256)),
        objects.map((row) => bytes(row.sha3)),
        objects.map((row) => row.mediaType),
        objects.map((row) => bytes(row.lat)),
        objects.map((row) => bytes(row.dataKeyEnclosed)),
        objects.map((row) => row.keyGeneration),
        objects.map((row) => row.files),
      ],
    })
  if (files.length > 0)
    await client.query({
      name: 'insert-object-files',
      text: `INSERT INTO vault.object_files (object_id, number, sha256, sha3_256)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::bytea[], $4::bytea[])`,
      values: [
        files.map((row) => row.objectId),
        files.map((row) => row.number),
        files.map((row) => bytes(row.sha256)),
        files.map((row) => bytes(row.sha3)),
      ],
    })
  if (secrets.length > 0)
    await client.query({
      name: 'insert-object-secrets',
      text: `INSERT INTO vault.object_secrets (object_id, field, enclosed)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[])`,
      values: [
        secrets.map((row) => row.objectId),
        secrets.map((row) => row.field),
        secrets.map((row) => bytes(row.enclosed)),
      ],
    })
  if (openings.length > 0)
    await client.query({
      name: 'insert-openings',
      text: `INSERT INTO journal.openings (seq, field, salt, value)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[])`,
      values: [
        openings.map((row) => row.seq),
        openings.map((row) => row.field),
        openings.map((row) => bytes(row.salt)),
        openings.map((row) => bytes(row.value)),
      ],
    })
  if (keys.length > 0)
    await client.query({
      name: 'insert-idempotency-keys',
      text: `INSERT INTO vault.idempotency_keys (user_id, vault_id, key, fingerprint, object_id, created_at)
        SELECT user_id, vault_id, key, fingerprint, object_id, to_timestamp(created_at)
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::uuid[], $6::float8[])
          AS t (user_id, vault_id, key, fingerprint, object_id, created_at)`,
      values: [
        keys.map((row) => row.userId),
        keys.map((row) => row.vaultId),
        keys.map((row) => row.key),
        keys.map((row) => bytes(row.fingerprint)),
        keys.map((row) => row.objectId),
        keys.map((row) => seconds(row.createdAtMs)),
      ],
    })
  if (placed.length > 0)
    await client.query({
      name: 'insert-placed-objects',
      text: `INSERT INTO vault.placed_objects (object_id, folder_id, deposit_seq)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])`,
      values: [
        placed.map((row) => row.objectId),
        placed.map((row) => row.folderId),
        placed.map((row) => row.depositSeq),
      ],
    })
}
