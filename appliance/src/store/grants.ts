import type { Client } from '@probant/postgres'
import type { Right } from '../access/permissions.ts'
import type { Queryable } from './journal.ts'

/** Rights in a vault, from and until given moments. */
export interface Grant {
  readonly rights: readonly Right[]
  readonly fromMs: number | null
  readonly untilMs: number | null
}

/** Who is given them. */
export type Grantee = { readonly user: string } | { readonly group: string }

interface GrantRecord {
  user_id: string | null
  group_id: string | null
  rights: Right[]
  starts_at: Date | null
  ends_at: Date | null
}

const columns = 'g.user_id, g.group_id, g.rights, g.starts_at, g.ends_at'

const of = (row: GrantRecord): Grant => ({
  rights: row.rights,
  fromMs: row.starts_at?.getTime() ?? null,
  untilMs: row.ends_at?.getTime() ?? null,
})

/** Everything that a user was given in a vault, themselves or by their groups, in force or not. */
export async function grantsOf(
  client: Queryable,
  vaultId: string,
  userId: string,
): Promise<Grant[]> {
  const { rows } = await client.query<GrantRecord>({
    name: 'grants-of',
    text: `SELECT ${columns} FROM vault.grants g WHERE g.vault_id = $1 AND (g.user_id = $2
      OR g.group_id IN (SELECT m.group_id FROM vault.group_members m WHERE m.user_id = $2))`,
    values: [vaultId, userId],
  })
  return rows.map(of)
}

/** Who was given what in a vault; the rights of at most `limit`. */
export async function listGrants(
  client: Queryable,
  vaultId: string,
  limit: number,
): Promise<(Grant & { readonly grantee: Grantee })[]> {
  const { rows } = await client.query<GrantRecord>(
    `SELECT ${columns} FROM vault.grants g WHERE g.vault_id = $1 ORDER BY g.user_id, g.group_id LIMIT $2`,
    [vaultId, limit],
  )
  return rows.map((row) => ({
    ...of(row),
    grantee: row.user_id === null ? { group: row.group_id ?? '' } : { user: row.user_id },
  }))
}

/** Sets what somebody may in a vault; no right at all takes it away. */
export async function setGrant(
  client: Client,
  vaultId: string,
  grantee: Grantee,
  { rights, fromMs, untilMs }: Grant,
): Promise<void> {
  const user = 'user' in grantee ? grantee.user : null
  const group = 'group' in grantee ? grantee.group : null
  await client.query(
    `DELETE FROM vault.grants WHERE vault_id = $1 AND user_id IS NOT DISTINCT FROM $2 AND group_id IS NOT DISTINCT FROM $3`,
    [vaultId, user, group],
  )
  if (rights.length === 0) return
  await client.query(
    `INSERT INTO vault.grants (vault_id, user_id, group_id, rights, starts_at, ends_at)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8), to_timestamp($6::float8))`,
    [vaultId, user, group, rights, fromMs && fromMs / 1000, untilMs && untilMs / 1000],
  )
}
