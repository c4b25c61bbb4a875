import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'
import type { Factor } from './people.ts'

export async function addKnownBrowser(
  client: Client,
  userId: string,
  secretSha256: Uint8Array,
  nowMs: number,
  expiresAtMs: number,
): Promise<void> {
  await client.query(
    `DELETE FROM vault.known_browsers WHERE user_id = $1 AND expires_at < to_timestamp($2::float8)`,
    [userId, nowMs / 1000],
  )
  await client.query(
    `INSERT INTO vault.known_browsers (secret_sha256, user_id, expires_at)
     VALUES ($1, $2, to_timestamp($3::float8))`,
    [Buffer.from(secretSha256), userId, expiresAtMs / 1000],
  )
}

/** Whether somebody signed in under this login with this browser before. */
export async function isKnownBrowser(
  client: Queryable,
  login: string,
  secretSha256: Uint8Array,
  nowMs: number,
): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM vault.known_browsers b JOIN vault.users u ON u.id = b.user_id
     WHERE b.secret_sha256 = $1 AND u.login = $2 AND b.expires_at > to_timestamp($3::float8)`,
    [Buffer.from(secretSha256), login, nowMs / 1000],
  )
  return rows.length > 0
}

/** After a change of password nothing of before is taken for known. */
export async function forgetBrowsers(client: Client, userId: string): Promise<void> {
  await client.query(`DELETE FROM vault.known_browsers WHERE user_id = $1`, [userId])
}

export interface OpenSession {
  readonly id: string
  readonly client: string
  readonly factors: readonly Factor[]
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** Live sessions of a person, newest first. */
export async function sessionsOf(
  client: Queryable,
  userId: string,
  nowMs: number,
): Promise<OpenSession[]> {
  const { rows } = await client.query<{
    id: string
    client: string
    factors: Factor[]
    created_at: Date
    expires_at: Date
  }>(
    `SELECT id, client, factors, created_at, expires_at FROM vault.credentials
     WHERE user_id = $1 AND kind = 'session' AND revoked_at IS NULL AND expires_at > to_timestamp($2::float8)
     ORDER BY created_at DESC, id LIMIT 200`,
    [userId, nowMs / 1000],
  )
  return rows.map((row) => ({
    id: row.id,
    client: row.client,
    factors: row.factors,
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
  }))
}

/** Ends a person's sessions: one, or all but one. @returns how many ended */
export async function endSessions(
  client: Client,
  userId: string,
  which: { readonly only: string } | { readonly allBut: string },
  nowMs: number,
): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE vault.credentials SET revoked_at = to_timestamp($3::float8)
     WHERE user_id = $1 AND kind = 'session' AND revoked_at IS NULL AND (id = $2) = $4`,
    'only' in which
      ? [userId, which.only, nowMs / 1000, true]
      : [userId, which.allBut, nowMs / 1000, false],
  )
  return rowCount ?? 0
}

export async function setPassword(
  client: Client,
  userId: string,
  passwordHash: string,
): Promise<void> {
  await client.query(`UPDATE vault.users SET password_hash = $2 WHERE id = $1`, [
    userId,
    passwordHash,
  ])
}

/** What a session was opened with, once more was shown in it. */
export async function addFactor(client: Client, sessionId: string, factor: Factor): Promise<void> {
  await client.query(
    `UPDATE vault.credentials SET factors = array_append(factors, $2)
     WHERE id = $1 AND kind = 'session' AND NOT ($2 = ANY (factors))`,
    [sessionId, factor],
  )
}
