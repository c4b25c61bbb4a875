import type { HashName, RenewalKind } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { NamedToken } from '../dating/named-tokens.ts'
import { insertTokens, tokensOf, type OutsideTokenRow } from './outside-tokens.ts'
import type { Queryable } from './journal.ts'

/** Which outside token a record begins with. */
export interface RecordId {
  readonly size: number
  readonly place: number
}

/** One renewal of many records: tokens over the root of one hash tree. */
export interface RenewalRow {
  readonly number: number
  readonly kind: RenewalKind
  readonly algorithm: HashName
  readonly root: Uint8Array
  readonly receivedAtMs: number
}

/** What a record keeps of a renewal. */
export interface RenewedRecordRow extends RecordId {
  readonly renewal: number
  /** Which of the renewal's tokens it goes on with. */
  readonly tokenPlace: number
  /** Hashes of its reduced hash tree, one after the other. */
  readonly reduced: Uint8Array
}

/** Keeps a renewal with its tokens and all its records, in the caller's transaction. */
export async function keepRenewal(
  client: Client,
  { number, kind, algorithm, root, receivedAtMs }: RenewalRow,
  tokens: readonly NamedToken[],
  records: readonly RenewedRecordRow[],
): Promise<void> {
  await client.query(
    `INSERT INTO journal.renewals (number, kind, algorithm, root, received_at) VALUES ($1, $2, $3, $4, to_timestamp($5::float8))`,
    [number, kind, algorithm, Buffer.from(root), receivedAtMs / 1000],
  )
  await insertTokens(client, 'renewal_tokens', number, tokens)
  await client.query(
    `INSERT INTO journal.renewed_records (size, place, renewal, token_place, reduced)
     SELECT size, place, $1, token_place, reduced
     FROM unnest($2::bigint[], $3::smallint[], $4::smallint[], $5::bytea[]) AS r (size, place, token_place, reduced)`,
    [
      number,
      records.map(({ size }) => size),
      records.map(({ place }) => place),
      records.map(({ tokenPlace }) => tokenPlace),
      records.map(({ reduced }) => Buffer.from(reduced)),
    ],
  )
}

interface RenewalRecord {
  number: number
  kind: RenewalKind
  algorithm: HashName
  root: Buffer
  received_at: Date
}
const of = (row: RenewalRecord): RenewalRow => ({
  number: row.number,
  kind: row.kind,
  algorithm: row.algorithm,
  root: row.root,
  receivedAtMs: row.received_at.getTime(),
})

export async function readRenewals(client: Queryable): Promise<RenewalRow[]> {
  const { rows } = await client.query<RenewalRecord>(
    `SELECT number, kind, algorithm, root, received_at FROM journal.renewals ORDER BY number`,
  )
  return rows.map(of)
}

export async function readRenewal(
  client: Queryable,
  number: number,
): Promise<RenewalRow | undefined> {
  const { rows } = await client.query<RenewalRecord>(
    `SELECT number, kind, algorithm, root, received_at FROM journal.renewals WHERE number = $1`,
    [number],
  )
  return rows.map(of)[0]
}

/** The tokens of a renewal, in the order in which their authorities were asked. */
export const renewalTokensOf = (client: Queryable, renewal: number): Promise<OutsideTokenRow[]> =>
  tokensOf(client, 'renewal_tokens', renewal)

interface RecordRecord {
  size: number
  place: number
  renewal: number
  token_place: number
  reduced: Buffer
}
const recordOf = (row: RecordRecord): RenewedRecordRow => ({
  size: row.size,
  place: row.place,
  renewal: row.renewal,
  tokenPlace: row.token_place,
  reduced: row.reduced,
})

/** The renewals of one record, oldest first. */
export async function renewalsOfRecord(
  client: Queryable,
  { size, place }: RecordId,
): Promise<RenewedRecordRow[]> {
  const { rows } = await client.query<RecordRecord>(
    `SELECT size, place, renewal, token_place, reduced FROM journal.renewed_records
     WHERE size = $1 AND place = $2 ORDER BY renewal`,
    [size, place],
  )
  return rows.map(recordOf)
}

/** A page of the records of a renewal, after one of them. */
export async function recordsOfRenewal(
  client: Queryable,
  renewal: number,
  after: RecordId,
  limit: number,
): Promise<RenewedRecordRow[]> {
  const { rows } = await client.query<RecordRecord>(
    `SELECT size, place, renewal, token_place, reduced FROM journal.renewed_records
     WHERE renewal = $1 AND (size, place) > ($2, $3) ORDER BY size, place LIMIT $4`,
    [renewal, after.size, after.place, limit],
  )
  return rows.map(recordOf)
}

/** Bytes of the traces that tell of failed renewals since the last one that succeeded, oldest first. */
export async function failedRenewals(client: Queryable): Promise<Uint8Array[]> {
  const { rows } = await client.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'evidence-renewed' AND outcome = 'failed' AND seq >
       (SELECT coalesce(max(seq), -1) FROM journal.traces WHERE act = 'evidence-renewed' AND outcome = 'done')
     ORDER BY seq`,
  )
  return rows.map(({ bytes }) => bytes)
}
