import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

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
