import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'
import type { Right } from './people.ts'

const VAULTS_AT_ONCE = 100

export interface Vault {
  readonly id: string
  readonly name: string
  readonly createdAtMs: number
  /** The vault's key, enclosed to the hardware root. */
  readonly keyEnclosed: Uint8Array
  /** The same key, enclosed to the recovery key; null until a key ceremony was held. */
  readonly recoveryCopy: Uint8Array | null
}

interface VaultRecord {
  id: string
  name: string
  created_at: Date
  key_enclosed: Buffer
  recovery_copy: Buffer | null
}
const of = (row: VaultRecord): Vault => ({
  id: row.id,
  name: row.name,
  createdAtMs: row.created_at.getTime(),
  keyEnclosed: row.key_enclosed,
  recoveryCopy: row.recovery_copy,
})

export async function addVault(client: Client, vault: Vault): Promise<void> {
  await client.query(
    `INSERT INTO vault.vaults (id, name, created_at, key_enclosed, recovery_copy)
     VALUES ($1, $2, to_timestamp($3::float8), $4, $5)`,
    [
      vault.id,
      vault.name,
      vault.createdAtMs / 1000,
      Buffer.from(vault.keyEnclosed),
      vault.recoveryCopy === null ? null : Buffer.from(vault.recoveryCopy),
    ],
  )
}

/** Changes the enclosed form of a vault's key: another root, the same key. */
export async function setEnclosedKey(
  client: Client,
  id: string,
  enclosed: Uint8Array,
): Promise<void> {
  await client.query(`UPDATE vault.vaults SET key_enclosed = $2 WHERE id = $1`, [
    id,
    Buffer.from(enclosed),
  ])
}

export async function renameVault(client: Client, id: string, name: string): Promise<void> {
  await client.query(`UPDATE vault.vaults SET name = $2 WHERE id = $1`, [id, name])
}

export async function findVault(client: Queryable, id: string): Promise<Vault | undefined> {
  const { rows } = await client.query<VaultRecord>({
    name: 'find-vault',
    text: `SELECT id, name, created_at, key_enclosed, recovery_copy FROM vault.vaults WHERE id = $1`,
    values: [id],
  })
  return rows[0] === undefined ? undefined : of(rows[0])
}

/** One page by name; only those of which `memberId` is a member, when given. */
export async function listVaults(
  client: Queryable,
  memberId: string | null,
  afterName: string,
  limit: number,
): Promise<Vault[]> {
  const { rows } = await client.query<VaultRecord>(
    `SELECT v.id, v.name, v.created_at, v.key_enclosed, v.recovery_copy
     FROM vault.vaults v
     WHERE ($1::uuid IS NULL OR EXISTS (SELECT FROM vault.members m WHERE m.vault_id = v.id AND m.user_id = $1))
       AND v.name > $2 ORDER BY v.name LIMIT $3`,
    [memberId, afterName, limit],
  )
  return rows.map(of)
}

/** Every vault, one page at a time. */
export async function* allVaults(client: Queryable): AsyncGenerator<Vault> {
  for (let after = ''; ;) {
    const page = await listVaults(client, null, after, VAULTS_AT_ONCE)
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

/** Sets the rights of a member; none at all removes the member. */
export async function setMember(
  client: Client,
  vaultId: string,
  userId: string,
  rights: readonly Right[],
): Promise<void> {
  if (rights.length === 0)
    await client.query(`DELETE FROM vault.members WHERE vault_id = $1 AND user_id = $2`, [
      vaultId,
      userId,
    ])
  else
    await client.query(
      `INSERT INTO vault.members (vault_id, user_id, rights) VALUES ($1, $2, $3)
       ON CONFLICT (vault_id, user_id) DO UPDATE SET rights = excluded.rights`,
      [vaultId, userId, rights],
    )
}

export async function rightsIn(
  client: Queryable,
  vaultId: string,
  userId: string,
): Promise<readonly Right[]> {
  const { rows } = await client.query<{ rights: Right[] }>({
    name: 'rights-in',
    text: `SELECT rights FROM vault.members WHERE vault_id = $1 AND user_id = $2`,
    values: [vaultId, userId],
  })
  return rows[0]?.rights ?? []
}
