import type { Client } from '@probant/postgres'
import type { TokenLimits } from '../access/permissions.ts'
import type { Queryable } from './journal.ts'

/** What somebody showed when they signed in. */
export type Factor = 'password' | 'totp' | 'recovery-code' | 'passkey'

export interface User {
  readonly id: string
  readonly name: string
  readonly login: string
  /** Names of built-in and custom roles. */
  readonly roles: readonly string[]
  readonly language: 'fr' | 'en'
}

interface UserRecord {
  id: string
  name: string
  login: string
  roles: string[]
  language: 'fr' | 'en'
}

export async function addUser(
  client: Client,
  user: User & { passwordHash: string; createdAtMs: number },
): Promise<void> {
  await client.query(
    `INSERT INTO vault.users (id, name, login, password_hash, roles, language, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8))`,
    [
      user.id,
      user.name,
      user.login,
      user.passwordHash,
      user.roles,
      user.language,
      user.createdAtMs / 1000,
    ],
  )
}

/** A user as administrators see them. */
export interface Account extends User {
  /** Closed: none of its credentials works. */
  readonly disabled: boolean
}

const account = 'id, name, login, roles, language, disabled_at IS NOT NULL AS disabled'

export async function findUser(client: Queryable, id: string): Promise<Account | undefined> {
  const { rows } = await client.query<UserRecord & { disabled: boolean }>(
    `SELECT ${account} FROM vault.users WHERE id = $1`,
    [id],
  )
  return rows[0]
}

/** Closing an account revokes all that it could sign in with; opening it again brings none of that back. */
export async function changeUser(
  client: Client,
  { id, name, roles, language, disabled }: Account,
  nowMs: number,
): Promise<void> {
  await client.query(
    `UPDATE vault.users SET name = $2, roles = $3, language = $4,
       disabled_at = CASE WHEN $5 THEN coalesce(disabled_at, to_timestamp($6::float8)) END WHERE id = $1`,
    [id, name, roles, language, disabled, nowMs / 1000],
  )
  if (disabled)
    await client.query(
      `UPDATE vault.credentials SET revoked_at = to_timestamp($2::float8) WHERE user_id = $1 AND revoked_at IS NULL`,
      [id, nowMs / 1000],
    )
}

/** What the custom ones among these roles permit. */
export async function customPermissions(
  client: Queryable,
  roles: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ permissions: string[] }>(
    `SELECT permissions FROM vault.roles WHERE name = ANY($1::text[])`,
    [roles],
  )
  return rows.flatMap(({ permissions }) => permissions)
}

export async function listUsers(
  client: Queryable,
  afterLogin: string,
  limit: number,
): Promise<Account[]> {
  const { rows } = await client.query<UserRecord & { disabled: boolean }>(
    `SELECT ${account} FROM vault.users WHERE login > $1 ORDER BY login LIMIT $2`,
    [afterLogin, limit],
  )
  return rows
}

export async function findPassword(
  client: Queryable,
  login: string,
): Promise<(User & { passwordHash: string }) | undefined> {
  const { rows } = await client.query<UserRecord & { password_hash: string }>(
    `SELECT id, name, login, roles, language, password_hash FROM vault.users WHERE login = $1 AND disabled_at IS NULL`,
    [login],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  const { password_hash: passwordHash, ...user } = row
  return { ...user, passwordHash }
}

export interface CredentialRow {
  readonly id: string
  readonly userId: string
  readonly kind: 'token' | 'session'
  readonly label: string
  readonly secretSha256: Uint8Array
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly factors: readonly Factor[]
  readonly client: string
  readonly limits: TokenLimits
}

export async function addCredential(client: Client, row: CredentialRow): Promise<void> {
  await client.query(
    `INSERT INTO vault.credentials (id, user_id, kind, label, secret_sha256, created_at, expires_at, factors, client, permissions, vault_id, networks)
     VALUES ($1, $2, $3, $4, $5, to_timestamp($6::float8), to_timestamp($7::float8), $8, $9, $10, $11, $12)`,
    [
      row.id,
      row.userId,
      row.kind,
      row.label,
      Buffer.from(row.secretSha256),
      row.createdAtMs / 1000,
      row.expiresAtMs / 1000,
      row.factors,
      row.client,
      row.limits.permissions,
      row.limits.vault,
      row.limits.networks,
    ],
  )
}

export interface FoundCredential {
  readonly factors: readonly Factor[]
  readonly id: string
  readonly kind: 'token' | 'session'
  readonly expiresAtMs: number
  readonly revoked: boolean
  readonly user: User
  /** Of the user's custom roles. */
  readonly custom: readonly string[]
  readonly limits: TokenLimits
}

interface LimitsRecord {
  limited_to: string[] | null
  vault_id: string | null
  networks: string[] | null
}

const limitsOf = (row: LimitsRecord): TokenLimits => ({
  permissions: row.limited_to,
  vault: row.vault_id,
  networks: row.networks,
})

export async function findCredential(
  client: Queryable,
  secretSha256: Uint8Array,
): Promise<FoundCredential | undefined> {
  const { rows } = await client.query<
    UserRecord &
      LimitsRecord & {
        credential_id: string
        kind: 'token' | 'session'
        expires_at: Date
        revoked: boolean
        custom: string[]
        factors: Factor[]
      }
  >({
    name: 'find-credential',
    text: `SELECT c.id AS credential_id, c.kind, c.expires_at, c.revoked_at IS NOT NULL OR u.disabled_at IS NOT NULL AS revoked, c.factors,
        c.permissions AS limited_to, c.vault_id, c.networks, u.id, u.name, u.login, u.roles, u.language,
        ARRAY(SELECT p FROM vault.roles r, unnest(r.permissions) p WHERE r.name = ANY(u.roles)) AS custom
      FROM vault.credentials c JOIN vault.users u ON u.id = c.user_id WHERE c.secret_sha256 = $1`,
    values: [Buffer.from(secretSha256)],
  })
  const row = rows[0]
  if (row === undefined) return undefined
  return {
    id: row.credential_id,
    kind: row.kind,
    expiresAtMs: row.expires_at.getTime(),
    revoked: row.revoked,
    factors: row.factors,
    custom: row.custom,
    limits: limitsOf(row),
    user: {
      id: row.id,
      name: row.name,
      login: row.login,
      roles: row.roles,
      language: row.language,
    },
  }
}

export interface TokenDescription {
  readonly id: string
  readonly userId: string
  readonly label: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly limits: TokenLimits
}

/** Live tokens, newest first: of one user, or of all. */
export async function listTokens(
  client: Queryable,
  userId: string | null,
  nowMs: number,
  limit: number,
): Promise<TokenDescription[]> {
  const { rows } = await client.query<
    LimitsRecord & {
      id: string
      user_id: string
      label: string
      created_at: Date
      expires_at: Date
    }
  >(
    `SELECT id, user_id, label, created_at, expires_at, permissions AS limited_to, vault_id, networks FROM vault.credentials
     WHERE kind = 'token' AND revoked_at IS NULL AND expires_at > to_timestamp($2::float8) AND ($1::uuid IS NULL OR user_id = $1)
     ORDER BY created_at DESC, id LIMIT $3`,
    [userId, nowMs / 1000, limit],
  )
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    label: row.label,
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    limits: limitsOf(row),
  }))
}

/** Whose token this is; undefined where there is none that was not revoked. */
export async function tokenOwner(client: Queryable, id: string): Promise<string | undefined> {
  const { rows } = await client.query<{ user_id: string }>(
    `SELECT user_id FROM vault.credentials WHERE id = $1 AND kind = 'token' AND revoked_at IS NULL`,
    [id],
  )
  return rows[0]?.user_id
}

/** @returns whether there was a live one to revoke. */
export async function revokeCredential(
  client: Client,
  id: string,
  nowMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE vault.credentials SET revoked_at = to_timestamp($2::float8) WHERE id = $1 AND revoked_at IS NULL`,
    [id, nowMs / 1000],
  )
  return rowCount === 1
}
