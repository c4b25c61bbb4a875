import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

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
