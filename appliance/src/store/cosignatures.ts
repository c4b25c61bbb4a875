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

/** What one witness cosigned last. */
export interface WitnessStanding {
  readonly name: string
  readonly size: number
  /** POSIX seconds, by its clock. */
  readonly timestamp: number
}

/** Every witness that ever cosigned, by name. */
export async function witnessStandings(client: Queryable): Promise<WitnessStanding[]> {
  // From one name to the next by the index: there are few names and millions of rows.
  const { rows } = await client.query<{ name: string; size: number; timestamp: number }>(
    `WITH RECURSIVE names AS (
       SELECT min(name) AS name FROM journal.cosignatures
       UNION ALL
       SELECT (SELECT min(name) FROM journal.cosignatures WHERE name > before.name)
       FROM names before WHERE before.name IS NOT NULL
     )
     SELECT names.name, newest.size, newest.timestamp FROM names CROSS JOIN LATERAL (
       SELECT size, timestamp FROM journal.cosignatures
       WHERE name = names.name ORDER BY size DESC LIMIT 1
     ) newest ORDER BY names.name`,
  )
  return rows
}

/** The largest size that so many different witnesses cosigned, with the time at which they were so many, POSIX seconds. */
export async function newestWitnessed(
  client: Queryable,
  required: number,
): Promise<{ size: number; timestamp: number } | undefined> {
  const standings = await witnessStandings(client)
  // None beyond what the last of those needed has reached.
  const furthest = standings.map(({ size }) => size).sort((a, b) => b - a)[required - 1]
  if (furthest === undefined) return undefined
  const { rows } = await client.query<{ size: number }>(
    `SELECT size FROM journal.cosignatures WHERE size <= $1
     GROUP BY size HAVING count(DISTINCT name) >= $2 ORDER BY size DESC LIMIT 1`,
    [furthest, required],
  )
  const size = rows[0]?.size
  if (size === undefined) return undefined
  const first = new Map<string, number>()
  for (const { name, timestamp } of await cosignaturesOf(client, size))
    first.set(name, Math.min(timestamp, first.get(name) ?? timestamp))
  const timestamp = [...first.values()].sort((a, b) => a - b)[required - 1] ?? 0
  return { size, timestamp }
}

/** The smallest checkpoint of at least `size` that so many different witnesses cosigned. */
export async function witnessedCovering(
  client: Queryable,
  size: number,
  required: number,
): Promise<number | undefined> {
  const { rows } = await client.query<{ size: number }>({
    name: 'witnessed-covering',
    text: `SELECT size FROM journal.cosignatures WHERE size >= $1
      GROUP BY size HAVING count(DISTINCT name) >= $2 ORDER BY size LIMIT 1`,
    values: [size, required],
  })
  return rows[0]?.size
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
