import type { Queryable } from './journal.ts'

export interface CosignatureRow {
  readonly size: number
  readonly name: string
  readonly keyId: Uint8Array
  /** C2SP signature type: 4 (Ed25519) or 6 (ML-DSA-44). */
  readonly type: number
  readonly line: string
  /** POSIX seconds, as signed. */
  readonly timestamp: number
}

interface CosignatureRecord {
  size: number
  name: string
  key_id: Buffer
  type: number
  line: string
  timestamp: number
}
const of = (row: CosignatureRecord): CosignatureRow => ({
  size: row.size,
  name: row.name,
  keyId: row.key_id,
  type: row.type,
  line: row.line,
  timestamp: row.timestamp,
})

/** Keeps verified cosignatures; one already there stays as it is. */
export async function keepCosignatures(
  client: Queryable,
  rows: readonly CosignatureRow[],
  receivedAtMs: number,
): Promise<void> {
  for (const row of rows)
    await client.query(
      `INSERT INTO journal.cosignatures (size, name, key_id, type, line, timestamp, received_at)
       VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8)) ON CONFLICT (size, key_id) DO NOTHING`,
      [
        row.size,
        row.name,
        Buffer.from(row.keyId),
        row.type,
        row.line,
        row.timestamp,
        receivedAtMs / 1000,
      ],
    )
}

export async function cosignaturesOf(client: Queryable, size: number): Promise<CosignatureRow[]> {
  const { rows } = await client.query<CosignatureRecord>({
    name: 'cosignatures-of',
    text: `SELECT size, name, key_id, type, line, timestamp FROM journal.cosignatures WHERE size = $1 ORDER BY name, type`,
    values: [size],
  })
  return rows.map(of)
}

/** The newest `limit` cosignatures received after the given instant, oldest first. */
export async function cosignaturesReceivedAfter(
  client: Queryable,
  afterMs: number,
  limit: number,
): Promise<CosignatureRow[]> {
  const { rows } = await client.query<CosignatureRecord>(
    `SELECT * FROM (
       SELECT size, name, key_id, type, line, timestamp, received_at FROM journal.cosignatures
       WHERE received_at > to_timestamp($1::float8) ORDER BY received_at DESC LIMIT $2
     ) newest ORDER BY received_at, type`,
    [afterMs / 1000, limit],
  )
  return rows.map(of)
}

/** The largest cosigned size with the time of its first cosignature, POSIX seconds. */
export async function newestWitnessed(
  client: Queryable,
): Promise<{ size: number; timestamp: number } | undefined> {
  const { rows } = await client.query<{ size: number; timestamp: number }>(
    `SELECT size, min(timestamp) AS timestamp FROM journal.cosignatures GROUP BY size ORDER BY size DESC LIMIT 1`,
  )
  const row = rows[0]
  return row === undefined ? undefined : { size: row.size, timestamp: row.timestamp }
}

/** The smallest cosigned checkpoint of at least `size`. */
export async function witnessedCovering(
  client: Queryable,
  size: number,
): Promise<number | undefined> {
  const { rows } = await client.query<{ size: number | null }>({
    name: 'witnessed-covering',
    text: `SELECT min(size) AS size FROM journal.cosignatures WHERE size >= $1`,
    values: [size],
  })
  const size_ = rows[0]?.size ?? null
  return size_ === null ? undefined : size_
}

export async function keepAuditReceipt(
  client: Queryable,
  size: number,
  note: string,
  receivedAtMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO journal.audit_receipts (size, note, received_at)
     VALUES ($1, $2, to_timestamp($3::float8)) ON CONFLICT (size) DO NOTHING`,
    [size, note, receivedAtMs / 1000],
  )
}

/** The smallest audit receipt that covers `size` traces. */
export async function auditReceiptCovering(
  client: Queryable,
  size: number,
): Promise<{ size: number; note: string } | undefined> {
  const { rows } = await client.query<{ size: number; note: string }>(
    `SELECT size, note FROM journal.audit_receipts WHERE size >= $1 ORDER BY size LIMIT 1`,
    [size],
  )
  const row = rows[0]
  return row === undefined ? undefined : { size: row.size, note: row.note }
}

export async function newestAuditReceipt(
  client: Queryable,
): Promise<{ size: number; receivedAtMs: number } | undefined> {
  const { rows } = await client.query<{ size: number; received_at: Date }>(
    `SELECT size, received_at FROM journal.audit_receipts ORDER BY size DESC LIMIT 1`,
  )
  const row = rows[0]
  return row === undefined ? undefined : { size: row.size, receivedAtMs: row.received_at.getTime() }
}
