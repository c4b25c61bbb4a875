import type { Client } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import type { Queryable } from './journal.ts'

const VAULTS_AT_ONCE = 100

/** A vault's key as it is stored. */
export interface StoredVaultKey {
  /** Counts from 1 in each vault. */
  readonly generation: number
  /** Of the key that encloses it; 0: the hardware root itself, as before there were epochs. */
  readonly epoch: number
  readonly enclosed: Uint8Array
  /** Epoch 0: the same key, enclosed to the recovery key. */
  readonly recoveryCopy: Uint8Array | null
}

export interface Vault {
  readonly id: string
  readonly name: string
  readonly createdAtMs: number
  readonly key: StoredVaultKey
  /** The key before, while objects are enclosed under it. */
  readonly formerKey: StoredVaultKey | null
}

/** Every key of a vault that something is enclosed under. */
export const keysOf = ({ key, formerKey }: Vault): readonly StoredVaultKey[] =>
  formerKey === null ? [key] : [key, formerKey]

interface VaultRecord {
  id: string
  name: string
  created_at: Date
  key_generation: number
  key_epoch: number
  key_enclosed: Buffer
  recovery_copy: Buffer | null
  former_generation: number | null
  former_epoch: number | null
  former_enclosed: Buffer | null
  former_copy: Buffer | null
}

const selected = `SELECT v.id, v.name, v.created_at, v.key_generation, v.key_epoch, v.key_enclosed, v.recovery_copy,
       f.generation AS former_generation, f.epoch AS former_epoch, f.key_enclosed AS former_enclosed, f.recovery_copy AS former_copy
     FROM vault.vaults v LEFT JOIN vault.former_vault_keys f ON f.vault_id = v.id`

const of = (row: VaultRecord): Vault => ({
  id: row.id,
  name: row.name,
  createdAtMs: row.created_at.getTime(),
  key: {
    generation: row.key_generation,
    epoch: row.key_epoch,
    enclosed: row.key_enclosed,
    recoveryCopy: row.recovery_copy,
  },
  formerKey:
    row.former_generation === null || row.former_epoch === null || row.former_enclosed === null
      ? null
      : {
          generation: row.former_generation,
          epoch: row.former_epoch,
          enclosed: row.former_enclosed,
          recoveryCopy: row.former_copy,
        },
})

/** @throws BoxError `journal-busy` (retryable) when its key's epoch ends just now */
export async function addVault(
  client: Client,
  { id, name, createdAtMs, key }: Vault,
): Promise<void> {
  const { rowCount } = await client.query(
    `INSERT INTO vault.vaults (id, name, created_at, key_enclosed, key_generation, key_epoch)
     SELECT $1, $2, to_timestamp($3::float8), $4, $5, $6
     FROM vault.key_epochs WHERE number = $6 AND NOT closed FOR SHARE`,
    [id, name, createdAtMs / 1000, Buffer.from(key.enclosed), key.generation, key.epoch],
  )
  if (rowCount === 0)
    throw new BoxError('journal-busy', 'retryable', 'the epoch of the vault’s key has just ended')
}

export async function renameVault(client: Client, id: string, name: string): Promise<void> {
  await client.query(`UPDATE vault.vaults SET name = $2 WHERE id = $1`, [id, name])
}

export async function findVault(client: Queryable, id: string): Promise<Vault | undefined> {
  const { rows } = await client.query<VaultRecord>({
    name: 'find-vault',
    text: `${selected} WHERE v.id = $1`,
    values: [id],
  })
  return rows[0] === undefined ? undefined : of(rows[0])
}

/** Of which vaults a list is. */
export interface VaultFilter {
  /** Only those in which this user has rights at this moment. */
  readonly memberId?: string | undefined
  readonly nowMs?: number
  /** Only this one. */
  readonly id?: string | null
}

/** One page by name. */
export async function listVaults(
  client: Queryable,
  { memberId, nowMs = 0, id = null }: VaultFilter,
  afterName: string,
  limit: number,
): Promise<Vault[]> {
  const { rows } = await client.query<VaultRecord>(
    `${selected}
     WHERE ($1::uuid IS NULL OR EXISTS (SELECT FROM vault.grants g WHERE g.vault_id = v.id
         AND (g.user_id = $1 OR g.group_id IN (SELECT m.group_id FROM vault.group_members m WHERE m.user_id = $1))
         AND coalesce(g.starts_at <= to_timestamp($4::float8), true) AND coalesce(g.ends_at > to_timestamp($4::float8), true)))
       AND ($5::uuid IS NULL OR v.id = $5) AND v.name > $2 ORDER BY v.name LIMIT $3`,
    [memberId ?? null, afterName, limit, nowMs / 1000, id],
  )
  return rows.map(of)
}

/** Every vault, one page at a time. */
export async function* allVaults(client: Queryable): AsyncGenerator<Vault> {
  for (let after = ''; ;) {
    const page = await listVaults(client, {}, after, VAULTS_AT_ONCE)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < VAULTS_AT_ONCE) return
    after = last.name
  }
}

export async function countVaults(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM vault.vaults`,
  )
  return rows[0]?.count ?? 0
}
