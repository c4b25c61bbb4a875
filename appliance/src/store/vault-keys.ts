import type { Client } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import type { Queryable } from './journal.ts'
import type { SecretField } from './rows.ts'
import type { StoredVaultKey, Vault } from './vaults.ts'

/** After a change of hardware, for keys of epoch 0: the same key under another root. */
export async function setEnclosedKey(
  client: Client,
  vaultId: string,
  { generation }: Pick<StoredVaultKey, 'generation'>,
  enclosed: Uint8Array,
): Promise<void> {
  for (const text of [
    `UPDATE vault.vaults SET key_enclosed = $3 WHERE id = $1 AND key_generation = $2`,
    `UPDATE vault.former_vault_keys SET key_enclosed = $3 WHERE vault_id = $1 AND generation = $2`,
  ])
    await client.query(text, [vaultId, generation, Buffer.from(enclosed)])
}

/**
 * Gives a vault its next key; the present one becomes its former.
 * @throws BoxError `conflict` when it has a former one already, or another key than the one that is to be replaced
 */
export async function replaceVaultKey(
  client: Client,
  { id, key: { generation } }: Vault,
  next: StoredVaultKey,
): Promise<void> {
  await client.query(
    `INSERT INTO vault.former_vault_keys (vault_id, generation, epoch, key_enclosed, recovery_copy)
     SELECT id, key_generation, key_epoch, key_enclosed, recovery_copy FROM vault.vaults WHERE id = $1`,
    [id],
  )
  const { rowCount } = await client.query(
    `UPDATE vault.vaults SET key_generation = $3, key_epoch = $4, key_enclosed = $5, recovery_copy = NULL
     WHERE id = $1 AND key_generation = $2`,
    [id, generation, next.generation, next.epoch, Buffer.from(next.enclosed)],
  )
  if (rowCount !== 1)
    throw new BoxError('conflict', 'caller', 'the vault’s key was replaced meanwhile')
}

/** Vaults whose key is of an epoch before `epoch`, or that have a former key. */
export async function vaultsBehind(client: Queryable, epoch: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT v.id FROM vault.vaults v LEFT JOIN vault.former_vault_keys f ON f.vault_id = v.id
     WHERE v.key_epoch < $1 OR f.vault_id IS NOT NULL ORDER BY v.id`,
    [epoch],
  )
  return rows.map(({ id }) => id)
}

/** What an object has enclosed under its vault's key. */
export interface EnclosedOfObject {
  readonly id: string
  readonly depositSeq: number
  readonly dataKeyEnclosed: Uint8Array
  readonly secrets: readonly { readonly field: SecretField; readonly enclosed: Uint8Array }[]
}

/** The next objects of a vault that are enclosed under a former key, locked; of those after `afterSeq`, in their order. */
export async function lockFormerlyEnclosed(
  client: Client,
  vaultId: string,
  generation: number,
  afterSeq: number,
  limit: number,
): Promise<EnclosedOfObject[]> {
  const objects = await client.query<{
    id: string
    deposit_seq: number
    data_key_enclosed: Buffer
  }>(
    `SELECT id, deposit_seq, data_key_enclosed FROM vault.objects
     WHERE vault_id = $1 AND deposit_seq > $2 AND key_generation < $3 ORDER BY deposit_seq LIMIT $4 FOR UPDATE`,
    [vaultId, afterSeq, generation, limit],
  )
  const secrets = await client.query<{ object_id: string; field: SecretField; enclosed: Buffer }>(
    `SELECT object_id, field, enclosed FROM vault.object_secrets WHERE object_id = ANY($1::uuid[]) FOR UPDATE`,
    [objects.rows.map(({ id }) => id)],
  )
  return objects.rows.map((row) => ({
    id: row.id,
    depositSeq: row.deposit_seq,
    dataKeyEnclosed: row.data_key_enclosed,
    secrets: secrets.rows.filter(({ object_id }) => object_id === row.id),
  }))
}

/** Replaces what objects have enclosed, data keys and secrets together. Requires the transaction that locked them. */
export async function storeEnclosedAnew(
  client: Client,
  generation: number,
  objects: readonly Omit<EnclosedOfObject, 'depositSeq'>[],
): Promise<void> {
  await client.query(
    `UPDATE vault.objects o SET data_key_enclosed = n.enclosed, key_generation = $3
     FROM unnest($1::uuid[], $2::bytea[]) AS n (id, enclosed) WHERE o.id = n.id`,
    [
      objects.map(({ id }) => id),
      objects.map(({ dataKeyEnclosed }) => Buffer.from(dataKeyEnclosed)),
      generation,
    ],
  )
  const secrets = objects.flatMap(({ id, secrets }) => secrets.map((each) => ({ id, ...each })))
  await client.query(
    `UPDATE vault.object_secrets s SET enclosed = n.enclosed
     FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS n (id, field, enclosed) WHERE s.object_id = n.id AND s.field = n.field`,
    [
      secrets.map(({ id }) => id),
      secrets.map(({ field }) => field),
      secrets.map(({ enclosed }) => Buffer.from(enclosed)),
    ],
  )
}

/** Objects of a vault that are enclosed under a key before `generation`, of those after `afterSeq`; and all such folders. */
export async function countFormerlyEnclosed(
  client: Queryable,
  vaultId: string,
  generation: number,
  afterSeq = -1,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM vault.objects WHERE vault_id = $1 AND deposit_seq > $2 AND key_generation < $3)
       + (SELECT count(*) FROM vault.folders WHERE vault_id = $1 AND key_generation < $3) AS count`,
    [vaultId, afterSeq, generation],
  )
  return rows[0]?.count ?? 0
}

/** @throws BoxError `conflict` when an object after `afterSeq` needs the former key */
export async function forgetFormerKey(
  client: Client,
  { id, key: { generation } }: Vault,
  afterSeq: number,
): Promise<void> {
  if ((await countFormerlyEnclosed(client, id, generation, afterSeq)) > 0)
    throw new BoxError('conflict', 'retryable', 'a deposit came in under the former key')
  await client.query(
    `DELETE FROM vault.former_vault_keys WHERE vault_id = $1 AND generation < $2`,
    [id, generation],
  )
}
