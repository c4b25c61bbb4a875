import type { Database } from '@probant/postgres'
import type { NodeAddress } from '@probant/evidence'

/** A checkpoint row as the appliance stored it. */
export interface StoredCheckpoint {
  size: number
  root: Uint8Array
  note: string
}

/** A trace row; `bytes` are shipped verbatim. */
export interface StoredTrace {
  seq: number
  bytes: Uint8Array
}

/** Address and length of a trace row, to plan without reading its bytes. */
export interface TraceLength {
  seq: number
  lengthBytes: number
}

interface CheckpointRow {
  size: number
  root: Buffer
  note: string
}

/**
 * The journal as `box_journal_reader` sees it: nothing here can write. Every answer is what the database holds at that
 * moment, believed nowhere. Safe to call concurrently and to retry.
 */
export class JournalReader {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The size that the database itself counts, or what its newest trace implies when that row is gone. */
  async databaseSize(): Promise<number> {
    const { rows } = await this.#database.query<{ size: number }>(
      `SELECT coalesce((SELECT size FROM journal.state), (SELECT max(seq) + 1 FROM journal.traces), 0) AS size`,
    )
    return rows[0]?.size ?? 0
  }

  /** Whether a trace from `seq` on says that an object was destroyed. */
  async hasDestructionFrom(seq: number): Promise<boolean> {
    const { rows } = await this.#database.query<{ found: boolean }>(
      `SELECT EXISTS (SELECT FROM journal.traces WHERE act = 'destroy' AND outcome = 'done' AND seq >= $1) AS found`,
      [seq],
    )
    return rows[0]?.found === true
  }

  newestCheckpoint(): Promise<StoredCheckpoint | undefined> {
    return this.#checkpoint('ORDER BY size DESC', [])
  }

  checkpointAt(size: number): Promise<StoredCheckpoint | undefined> {
    return this.#checkpoint('WHERE size = $1', [size])
  }

  /** The newest checkpoint with `after` < size ≤ `upTo`. */
  newestCheckpointWithin(after: number, upTo: number): Promise<StoredCheckpoint | undefined> {
    return this.#checkpoint('WHERE size > $1 AND size <= $2 ORDER BY size DESC', [after, upTo])
  }

  /** The oldest checkpoint with size ≥ `size`. */
  oldestCheckpointFrom(size: number): Promise<StoredCheckpoint | undefined> {
    return this.#checkpoint('WHERE size >= $1 ORDER BY size', [size])
  }

  /** Where traces are and how long, in order, with `start` ≤ seq < `end`, at most `limit`; holes stay holes. */
  async traceLengths(start: number, end: number, limit: number): Promise<TraceLength[]> {
    const { rows } = await this.#database.query<{ seq: number; length: number }>(
      `SELECT seq, octet_length(bytes) AS length FROM journal.traces
        WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT $3`,
      [start, end, limit],
    )
    return rows.map(({ seq, length }) => ({ seq, lengthBytes: length }))
  }

  /** Where the traces below `size` end: the number after the last that exists, 0 when there is none. */
  async endBelow(size: number): Promise<number> {
    const { rows } = await this.#database.query<{ end: number }>(
      'SELECT coalesce((SELECT max(seq) + 1 FROM journal.traces WHERE seq < $1), 0) AS end',
      [size],
    )
    return rows[0]?.end ?? 0
  }

  /** Traces with `start` ≤ seq < `end` that exist, in order. Callers bound the range. */
  async traces(start: number, end: number): Promise<StoredTrace[]> {
    const { rows } = await this.#database.query<{ seq: number; bytes: Buffer }>(
      `SELECT seq, bytes FROM journal.traces WHERE seq >= $1 AND seq < $2 ORDER BY seq`,
      [start, end],
    )
    return rows.map(({ seq, bytes }) => ({ seq, bytes }))
  }

  /** The cached hashes of perfect subtrees, keyed by {@link nodeKey}; missing ones are absent. */
  async nodes(addresses: readonly NodeAddress[]): Promise<Map<string, Uint8Array>> {
    // LATERAL keeps this one index look-up per node: a join would scan the traces for level 0.
    const { rows } = await this.#database.query<{ level: number; index: number; hash: Buffer }>(
      `SELECT wanted.level, wanted.index, node.hash
         FROM unnest($1::smallint[], $2::bigint[]) AS wanted (level, index)
         CROSS JOIN LATERAL (
           SELECT hash FROM journal.nodes WHERE level = wanted.level AND index = wanted.index LIMIT 1
         ) AS node`,
      [addresses.map(({ level }) => level), addresses.map(({ index }) => index)],
    )
    return new Map(rows.map(({ level, index, hash }) => [nodeKey({ level, index }), hash]))
  }

  async #checkpoint(
    clause: string,
    parameters: readonly number[],
  ): Promise<StoredCheckpoint | undefined> {
    const { rows } = await this.#database.query<CheckpointRow>(
      `SELECT size, root, note FROM journal.checkpoints ${clause} LIMIT 1`,
      [...parameters],
    )
    const row = rows[0]
    return row && { size: row.size, root: row.root, note: row.note }
  }
}

export function nodeKey({ level, index }: NodeAddress): string {
  return `${level}/${index}`
}
