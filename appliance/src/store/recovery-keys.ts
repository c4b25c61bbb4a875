import type { Quorum } from '@probant/keys'
import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

/** The public half of a recovery key, as a ceremony declared it. */
export interface RecoveryKeyRow extends Quorum {
  readonly id: Uint8Array
  readonly publicKey: Uint8Array
}

export async function addRecoveryKey(
  client: Client,
  { id, publicKey, threshold, shares }: RecoveryKeyRow,
  declaredAtMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO vault.recovery_keys (id, public_key, threshold, shares, declared_at)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8))`,
    [Buffer.from(id), Buffer.from(publicKey), threshold, shares, declaredAtMs / 1000],
  )
}

export async function findRecoveryKey(
  client: Queryable,
  id: Uint8Array,
): Promise<RecoveryKeyRow | undefined> {
  const { rows } = await client.query<{
    id: Buffer
    public_key: Buffer
    threshold: number
    shares: number
  }>(`SELECT id, public_key, threshold, shares FROM vault.recovery_keys WHERE id = $1`, [
    Buffer.from(id),
  ])
  const row = rows[0]
  return (
    row && { id: row.id, publicKey: row.public_key, threshold: row.threshold, shares: row.shares }
  )
}
