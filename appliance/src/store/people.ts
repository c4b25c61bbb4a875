import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

export type Role = 'user' | 'auditor' | 'functional-administrator' | 'technical-administrator'
export type Right = 'deposit' | 'read'
/** What somebody showed when they signed in. */
export type Factor = 'password' | 'totp' | 'recovery-code' | 'passkey'

export interface User {
  readonly id: string
  readonly name: string
  readonly login: string
  readonly roles: readonly Role[]
  readonly language: 'fr' | 'en'
}

interface UserRecord {
  id: string
  name: string
  login: string
  roles: Role[]
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

export async function findUser(client: Queryable, id: string): Promise<User | undefined> {
  const { rows } = await client.query<UserRecord>(
    `SELECT id, name, login, roles, language FROM vault.users WHERE id = $1`,
    [id],
  )
  return rows[0]
}

export async function listUsers(
  client: Queryable,
  afterLogin: string,
  limit: number,
): Promise<User[]> {
  const { rows } = await client.query<UserRecord>(
    `SELECT id, name, login, roles, language FROM vault.users WHERE login > $1 ORDER BY login LIMIT $2`,
    [afterLogin, limit],
  )
  return rows
}

export async function findPassword(
  client: Queryable,
  login: string,
): Promise<(User & { passwordHash: string }) | undefined> {
  const { rows } = await client.query<UserRecord & { password_hash: string }>(
    `SELECT id, name, login, roles, language, password_hash FROM vault.users WHERE login = $1`,
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
}

export async function addCredential(client: Client, row: CredentialRow): Promise<void> {
  await client.query(
    `INSERT INTO vault.credentials (id, user_id, kind, label, secret_sha256, created_at, expires_at, factors, client)
     VALUES ($1, $2, $3, $4, $5, to_timestamp($6::float8), to_timestamp($7::float8), $8, $9)`,
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
}

export async function findCredential(
  client: Queryable,
  secretSha256: Uint8Array,
): Promise<FoundCredential | undefined> {
  const { rows } = await client.query<
    UserRecord & {
      credential_id: string
      kind: 'token' | 'session'
      expires_at: Date
      revoked: boolean
      factors: Factor[]
    }
  >({
    name: 'find-credential',
    text: `SELECT c.id AS credential_id, c.kind, c.expires_at, c.revoked_at IS NOT NULL AS revoked, c.factors,
        u.id, u.name, u.login, u.roles, u.language
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
}

export async function listTokens(client: Queryable, limit: number): Promise<TokenDescription[]> {
  const { rows } = await client.query<{
    id: string
    user_id: string
    label: string
    created_at: Date
    expires_at: Date
  }>(
    `SELECT id, user_id, label, created_at, expires_at FROM vault.credentials
     WHERE kind = 'token' AND revoked_at IS NULL ORDER BY created_at DESC, id LIMIT $1`,
    [limit],
  )
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    label: row.label,
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
  }))
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
