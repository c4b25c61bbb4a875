import type { NamedToken } from '../dating/named-tokens.ts'
import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

/** What authorities outside stamped. */
export interface StampedHead {
  readonly size: number
  /** The checkpoint's file as it was stamped. */
  readonly checkpoint: Uint8Array
  /** Bytes of the seal's trace. */
  readonly seal: Uint8Array
}

/** A stamped head with when its tokens came. */
export interface DatingRow extends StampedHead {
  readonly receivedAtMs: number
}

export interface OutsideTokenRow {
  readonly authority: string
  readonly subject: string
  readonly genTimeMs: number
  readonly token: Uint8Array
  readonly sha256: Uint8Array
  readonly path: readonly Uint8Array[]
  readonly lists: readonly Uint8Array[]
}

/** Keeps a head with all its tokens, in the caller's transaction. */
export async function keepDating(
  client: Client,
  { size, checkpoint, seal, receivedAtMs }: DatingRow,
  tokens: readonly NamedToken[],
): Promise<void> {
  await client.query(
    `INSERT INTO journal.datings (size, checkpoint, seal, received_at) VALUES ($1, $2, $3, to_timestamp($4::float8))`,
    [size, Buffer.from(checkpoint), Buffer.from(seal), receivedAtMs / 1000],
  )
  await insertTokens(client, 'outside_tokens', size, tokens)
}

const owners = { outside_tokens: 'size', renewal_tokens: 'renewal' } as const

/** Keeps the tokens of a stamped head, or of a renewal, in the order in which their authorities were asked. */
export async function insertTokens(
  client: Client,
  table: keyof typeof owners,
  owner: number,
  tokens: readonly NamedToken[],
): Promise<void> {
  for (const [place, token] of tokens.entries())
    await client.query(
      `INSERT INTO journal.${table} (${owners[table]}, place, authority, subject, gen_time, token, token_sha256, path, lists)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        owner,
        place,
        token.authority,
        token.subject,
        token.genTime,
        Buffer.from(token.token),
        Buffer.from(token.sha256),
        token.path.map((der) => Buffer.from(der)),
        token.lists.map((der) => Buffer.from(der)),
      ],
    )
}

interface DatingRecord {
  size: number
  checkpoint: Buffer
  seal: Buffer
  received_at: Date
}
const of = (row: DatingRecord | undefined): DatingRow | undefined =>
  row === undefined
    ? undefined
    : {
        size: row.size,
        checkpoint: row.checkpoint,
        seal: row.seal,
        receivedAtMs: row.received_at.getTime(),
      }

export async function newestDating(client: Queryable): Promise<DatingRow | undefined> {
  const { rows } = await client.query<DatingRecord>(
    `SELECT size, checkpoint, seal, received_at FROM journal.datings ORDER BY size DESC LIMIT 1`,
  )
  return of(rows[0])
}

/** The first head that was stamped with at least `size` traces under it. */
export async function datingCovering(
  client: Queryable,
  size: number,
): Promise<DatingRow | undefined> {
  const { rows } = await client.query<DatingRecord>(
    `SELECT size, checkpoint, seal, received_at FROM journal.datings WHERE size >= $1 ORDER BY size LIMIT 1`,
    [size],
  )
  return of(rows[0])
}

/** The head of exactly that size. */
export async function datingOver(client: Queryable, size: number): Promise<DatingRow | undefined> {
  const row = await datingCovering(client, size)
  return row?.size === size ? row : undefined
}

export async function datedSizes(client: Queryable): Promise<number[]> {
  const { rows } = await client.query<{ size: number }>(
    `SELECT size FROM journal.datings ORDER BY size`,
  )
  return rows.map(({ size }) => size)
}

/** The tokens over a head, in the order in which their authorities were asked. */
export const outsideTokensOf = (client: Queryable, size: number): Promise<OutsideTokenRow[]> =>
  tokensOf(client, 'outside_tokens', size)

/** The tokens of a head or of a renewal. */
export async function tokensOf(
  client: Queryable,
  table: keyof typeof owners,
  owner: number,
): Promise<OutsideTokenRow[]> {
  const { rows } = await client.query<{
    authority: string
    subject: string
    gen_time: Date
    token: Buffer
    token_sha256: Buffer
    path: Buffer[]
    lists: Buffer[]
  }>(
    `SELECT authority, subject, gen_time, token, token_sha256, path, lists
     FROM journal.${table} WHERE ${owners[table]} = $1 ORDER BY place`,
    [owner],
  )
  return rows.map((row) => ({
    authority: row.authority,
    subject: row.subject,
    genTimeMs: row.gen_time.getTime(),
    token: row.token,
    sha256: row.token_sha256,
    path: row.path,
    lists: row.lists,
  }))
}

/** Whether a document was deposited by a trace from `seq` on. */
export async function hasDepositFrom(client: Queryable, seq: number): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM vault.objects WHERE deposit_seq >= $1) AS found`,
    [seq],
  )
  return rows[0]?.found === true
}

/** Bytes of the traces that tell of failed attempts since a size, oldest first. */
export async function failedDatingsFrom(client: Queryable, seq: number): Promise<Uint8Array[]> {
  const { rows } = await client.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'checkpoint-dated' AND outcome = 'failed' AND seq >= $1 ORDER BY seq`,
    [seq],
  )
  return rows.map(({ bytes }) => bytes)
}
