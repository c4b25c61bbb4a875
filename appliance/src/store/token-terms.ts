import type { HashName } from '@probant/evidence'
import type { Queryable } from './journal.ts'
import type { RecordId } from './renewals.ts'

/** A token whose terms were not read yet, with what reading them takes. */
export interface UnreadToken {
  readonly token: Uint8Array
  readonly sha256: Uint8Array
  readonly path: readonly Uint8Array[]
}

/** What a token rests on. */
export interface TokenTerms {
  /** When the first certificate of its authority's path ends. */
  readonly pathEndsMs: number
  /** Digests and signatures, by name. */
  readonly algorithms: readonly string[]
}

/** Records that end with tokens alike in all that decides how long they prove. */
export interface RecordGroup extends TokenTerms {
  /** Of the authority, in its certificate. */
  readonly subject: string
  /** Digest of the records' newest hash trees. */
  readonly algorithm: HashName
  readonly count: number
}

export async function tokensWithoutTerms(client: Queryable, limit: number): Promise<UnreadToken[]> {
  const { rows } = await client.query<{ token: Buffer; token_sha256: Buffer; path: Buffer[] }>(
    `SELECT token, token_sha256, path FROM journal.outside_tokens
       WHERE token_sha256 NOT IN (SELECT token_sha256 FROM journal.token_terms)
     UNION ALL
     SELECT token, token_sha256, path FROM journal.renewal_tokens
       WHERE token_sha256 NOT IN (SELECT token_sha256 FROM journal.token_terms)
     LIMIT $1`,
    [limit],
  )
  return rows.map(({ token, token_sha256, path }) => ({ token, sha256: token_sha256, path }))
}

export async function keepTerms(
  client: Queryable,
  sha256: Uint8Array,
  { pathEndsMs, algorithms }: TokenTerms,
): Promise<void> {
  await client.query(
    `INSERT INTO journal.token_terms (token_sha256, path_ends, algorithms)
     VALUES ($1, to_timestamp($2::float8), $3) ON CONFLICT DO NOTHING`,
    [Buffer.from(sha256), pathEndsMs / 1000, algorithms],
  )
}

export async function readTerms(
  client: Queryable,
  sha256: Uint8Array,
): Promise<TokenTerms | undefined> {
  const { rows } = await client.query<{ path_ends: Date; algorithms: string[] }>(
    `SELECT path_ends, algorithms FROM journal.token_terms WHERE token_sha256 = $1`,
    [Buffer.from(sha256)],
  )
  const row = rows[0]
  return row && { pathEndsMs: row.path_ends.getTime(), algorithms: row.algorithms }
}

/** All records whose newest token's terms were read, grouped; those that end first come first. */
export async function recordGroups(client: Queryable): Promise<RecordGroup[]> {
  const { rows } = await client.query<{
    path_ends: Date
    algorithms: string[]
    subject: string
    algorithm: HashName
    count: number
  }>(
    `SELECT path_ends, algorithms, subject, algorithm, count(*) AS count
     FROM journal.newest_tokens JOIN journal.token_terms USING (token_sha256)
     GROUP BY path_ends, algorithms, subject, algorithm ORDER BY path_ends, subject`,
  )
  return rows.map((row) => ({
    pathEndsMs: row.path_ends.getTime(),
    algorithms: row.algorithms,
    subject: row.subject,
    algorithm: row.algorithm,
    count: row.count,
  }))
}

/** The first records of a group. */
export async function recordsOfGroup(
  client: Queryable,
  { pathEndsMs, algorithms, subject, algorithm }: RecordGroup,
  limit: number,
): Promise<RecordId[]> {
  const { rows } = await client.query<{ size: number; place: number }>(
    `SELECT size, place FROM journal.newest_tokens JOIN journal.token_terms USING (token_sha256)
     WHERE path_ends = to_timestamp($1::float8) AND algorithms = $2 AND subject = $3 AND algorithm = $4
     ORDER BY size, place LIMIT $5`,
    [pathEndsMs / 1000, algorithms, subject, algorithm, limit],
  )
  return rows
}

/** Most tokens over one head. */
const TOKENS_OF_HEAD = 10

/** The first two heads of at least that many traces with a token, renewed or not, whose authority's path hasn't ended. */
export async function provingDatings(
  client: Queryable,
  size: number,
  nowMs: number,
): Promise<number[]> {
  const { rows } = await client.query<{ size: number }>(
    `SELECT size FROM journal.newest_tokens LEFT JOIN journal.token_terms USING (token_sha256)
     WHERE size >= $1 AND coalesce(path_ends > to_timestamp($2::float8), true)
     ORDER BY size, place LIMIT $3`,
    [size, nowMs / 1000, 2 * TOKENS_OF_HEAD],
  )
  return [...new Set(rows.map((row) => row.size))].slice(0, 2)
}
