import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'
import type { Factor } from './people.ts'

export interface AuthenticatorApp {
  readonly secretEnclosed: Uint8Array
  readonly isConfirmed: boolean
  readonly lastStep: number
}

export async function findApp(
  client: Queryable,
  userId: string,
): Promise<AuthenticatorApp | undefined> {
  const { rows } = await client.query<{
    secret_enclosed: Buffer
    confirmed: boolean
    last_step: number
  }>(
    `SELECT secret_enclosed, confirmed_at IS NOT NULL AS confirmed, last_step
     FROM vault.authenticator_apps WHERE user_id = $1`,
    [userId],
  )
  const [row] = rows
  if (row === undefined) return undefined
  return {
    secretEnclosed: row.secret_enclosed,
    isConfirmed: row.confirmed,
    lastStep: row.last_step,
  }
}

/** Sets up an app, unconfirmed. @returns false when one is confirmed already */
export async function beginApp(
  client: Queryable,
  userId: string,
  secretEnclosed: Uint8Array,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO vault.authenticator_apps (user_id, secret_enclosed) VALUES ($1, $2)
     ON CONFLICT (user_id) DO UPDATE SET secret_enclosed = excluded.secret_enclosed, last_step = 0
       WHERE authenticator_apps.confirmed_at IS NULL`,
    [userId, Buffer.from(secretEnclosed)],
  )
  return rowCount === 1
}

/** Takes the code of a step, which counts once, and of no step before it. @returns false when it was taken already */
export async function takeStep(
  client: Client,
  userId: string,
  step: number,
  confirmedAtMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE vault.authenticator_apps SET last_step = $2,
       confirmed_at = coalesce(confirmed_at, to_timestamp($3::float8))
     WHERE user_id = $1 AND last_step < $2`,
    [userId, step, confirmedAtMs / 1000],
  )
  return rowCount === 1
}

/** @returns whether there was one */
export async function removeApp(client: Client, userId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `DELETE FROM vault.authenticator_apps WHERE user_id = $1`,
    [userId],
  )
  return rowCount === 1
}

/** New codes in place of all there were. */
export async function setRecoveryCodes(
  client: Client,
  userId: string,
  digests: readonly Uint8Array[],
): Promise<void> {
  await client.query(`DELETE FROM vault.recovery_codes WHERE user_id = $1`, [userId])
  await client.query(
    `INSERT INTO vault.recovery_codes (user_id, sha256) SELECT $1, unnest($2::bytea[])`,
    [userId, digests.map((digest) => Buffer.from(digest))],
  )
}

/** @returns false when there is no such code, or no longer */
export async function takeRecoveryCode(
  client: Client,
  userId: string,
  sha256: Uint8Array,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `DELETE FROM vault.recovery_codes WHERE user_id = $1 AND sha256 = $2`,
    [userId, Buffer.from(sha256)],
  )
  return rowCount === 1
}

export async function countRecoveryCodes(client: Queryable, userId: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM vault.recovery_codes WHERE user_id = $1`,
    [userId],
  )
  return rows[0]?.count ?? 0
}

export interface Passkey {
  /** Credential id, base64url. */
  readonly id: string
  readonly userId: string
  readonly label: string
  /** COSE key. */
  readonly publicKey: Uint8Array
  readonly counter: number
  readonly transports: readonly string[]
  readonly createdAtMs: number
  readonly lastUsedAtMs: number | null
}

interface PasskeyRecord {
  id: string
  user_id: string
  label: string
  public_key: Buffer
  counter: number
  transports: string[]
  created_at: Date
  last_used_at: Date | null
}

const passkeyColumns = `id, user_id, label, public_key, counter, transports, created_at, last_used_at`

const passkeyOf = (row: PasskeyRecord): Passkey => ({
  id: row.id,
  userId: row.user_id,
  label: row.label,
  publicKey: row.public_key,
  counter: row.counter,
  transports: row.transports,
  createdAtMs: row.created_at.getTime(),
  lastUsedAtMs: row.last_used_at?.getTime() ?? null,
})

export async function addPasskey(client: Client, passkey: Passkey): Promise<void> {
  await client.query(
    `INSERT INTO vault.passkeys (id, user_id, label, public_key, counter, transports, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8))`,
    [
      passkey.id,
      passkey.userId,
      passkey.label,
      Buffer.from(passkey.publicKey),
      passkey.counter,
      passkey.transports,
      passkey.createdAtMs / 1000,
    ],
  )
}

export async function findPasskey(client: Queryable, id: string): Promise<Passkey | undefined> {
  const { rows } = await client.query<PasskeyRecord>(
    `SELECT ${passkeyColumns} FROM vault.passkeys WHERE id = $1`,
    [id],
  )
  return rows[0] === undefined ? undefined : passkeyOf(rows[0])
}

export async function passkeysOf(client: Queryable, userId: string): Promise<Passkey[]> {
  const { rows } = await client.query<PasskeyRecord>(
    `SELECT ${passkeyColumns} FROM vault.passkeys WHERE user_id = $1 ORDER BY created_at, id`,
    [userId],
  )
  return rows.map(passkeyOf)
}

/** Notes a use. @returns false when the counter didn't rise: a copy of the authenticator may be about */
export async function usePasskey(
  client: Client,
  id: string,
  counter: number,
  nowMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE vault.passkeys SET counter = $2, last_used_at = to_timestamp($3::float8)
     WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))`,
    [id, counter, nowMs / 1000],
  )
  return rowCount === 1
}

/** @returns whether there was one */
export async function removePasskey(client: Client, userId: string, id: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `DELETE FROM vault.passkeys WHERE id = $1 AND user_id = $2`,
    [id, userId],
  )
  return rowCount === 1
}

/** How many of each kind of second factor a person has. */
export async function secondFactorsOf(
  client: Queryable,
  userId: string,
): Promise<{ hasApp: boolean; passkeys: number }> {
  const { rows } = await client.query<{ has_app: boolean; passkeys: number }>(
    `SELECT EXISTS (SELECT FROM vault.authenticator_apps WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS has_app,
       (SELECT count(*)::int FROM vault.passkeys WHERE user_id = $1) AS passkeys`,
    [userId],
  )
  return { hasApp: rows[0]?.has_app ?? false, passkeys: rows[0]?.passkeys ?? 0 }
}

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
