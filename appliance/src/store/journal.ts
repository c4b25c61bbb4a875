import type { Client, Database } from '@probant/postgres'

/** Anything that runs a query: a pooled connection or a transaction's client. */
export interface Queryable {
  query: Client['query']
}

const bytes = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.byteLength)

export interface JournalStateRow {
  readonly origin: string
  readonly size: number
  readonly epoch: number
}

export interface TraceRow {
  readonly seq: number
  readonly bytes: Uint8Array
  readonly leaf: Uint8Array
  readonly act: string
  readonly outcome: string
  readonly vault: string | null
  readonly object: string | null
}

export interface CheckpointRow {
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
}

export interface NodeRow {
  readonly level: number
  readonly index: number
  readonly hash: Uint8Array
}

interface StateRecord {
  origin: string
  size: number
  epoch: number
}

const stateOf = (row: StateRecord): JournalStateRow => ({
  origin: row.origin,
  size: row.size,
  epoch: row.epoch,
})

export async function openJournal(client: Client, origin: string): Promise<void> {
  await client.query(
    `INSERT INTO journal.state (origin, size, epoch) VALUES ($1, 0, 0) ON CONFLICT (singleton) DO NOTHING`,
    [origin],
  )
}

/** Takes the next fencing epoch: from here on every older sequencer's transaction fails. */
export async function takeEpoch(client: Client): Promise<JournalStateRow> {
  const { rows } = await client.query<StateRecord>(
    `UPDATE journal.state SET epoch = epoch + 1 RETURNING origin, size, epoch`,
  )
  const row = rows[0]
  if (row === undefined) throw new Error('journal.state has no row')
  return stateOf(row)
}

/** Reads the state and locks it until the transaction ends. */
export async function lockState(client: Client): Promise<JournalStateRow | undefined> {
  const { rows } = await client.query<StateRecord>({
    name: 'lock-journal-state',
    text: `SELECT origin, size, epoch FROM journal.state FOR UPDATE`,
  })
  return rows[0] === undefined ? undefined : stateOf(rows[0])
}

export async function readState(client: Queryable): Promise<JournalStateRow | undefined> {
  const { rows } = await client.query<StateRecord>(`SELECT origin, size, epoch FROM journal.state`)
  return rows[0] === undefined ? undefined : stateOf(rows[0])
}

/** Appends the traces and moves the size; the caller holds the state's lock. */
export async function appendTraces(
  client: Client,
  traces: readonly TraceRow[],
  newSize: number,
): Promise<void> {
  await client.query({
    name: 'append-traces',
    text: `INSERT INTO journal.traces (seq, bytes, leaf, act, outcome, vault, object)
      SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::uuid[], $7::uuid[])`,
    values: [
      traces.map((trace) => trace.seq),
      traces.map((trace) => bytes(trace.bytes)),
      traces.map((trace) => bytes(trace.leaf)),
      traces.map((trace) => trace.act),
      traces.map((trace) => trace.outcome),
      traces.map((trace) => trace.vault),
      traces.map((trace) => trace.object),
    ],
  })
  await client.query({
    name: 'move-journal-size',
    text: `UPDATE journal.state SET size = $1`,
    values: [newSize],
  })
}

/**
 * Appends a trace that means nothing, and takes it back.
 * @returns why that can't be done, undefined when it can
 */
export async function tryAppend(database: Database): Promise<string | undefined> {
  const taken = new Error('taken back')
  try {
    await database.transaction(async (client) => {
      const { rowCount } = await client.query(
        `INSERT INTO journal.traces (seq, bytes, leaf, act, outcome)
         SELECT size, '\\x00', decode(repeat('00', 32), 'hex'), 'trial', 'failed' FROM journal.state FOR UPDATE`,
      )
      if (rowCount !== 1) throw new Error('a trace that is written is not there')
      throw taken
    })
    return undefined
  } catch (error) {
    if (error === taken) return undefined
    return `the journal can't be written: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** What stands beside the bytes of a trace: copies of its members for filtering, and what its commitments hide, where that is not erased. */
export interface TraceCompanions {
  readonly seq: number
  readonly act: string
  readonly outcome: string
  readonly vault: string | null
  readonly object: string | null
  readonly openings: readonly { field: string; salt: string; value: string }[]
}

/** Those of traces `start` ≤ seq < `end`, by `seq`; salts in hex, values in base64. */
export async function readCompanions(
  client: Queryable,
  start: number,
  end: number,
): Promise<ReadonlyMap<number, TraceCompanions>> {
  const { rows } = await client.query<TraceCompanions>({
    name: 'read-companions',
    text: `SELECT t.seq, t.act, t.outcome, t.vault, t.object, coalesce(o.openings, '[]') AS openings
      FROM journal.traces t LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object('field', field, 'salt', encode(salt, 'hex'),
          'value', translate(encode(value, 'base64'), E'\n', ''))) AS openings
        FROM journal.openings WHERE seq = t.seq) o ON true
      WHERE t.seq >= $1 AND t.seq < $2`,
    values: [start, end],
  })
  return new Map(rows.map((row) => [row.seq, row]))
}

/** The committed bytes of traces `start` ≤ seq < `end`, in order; fewer when rows are missing. */
export async function readTraces(
  client: Queryable,
  start: number,
  end: number,
): Promise<{ seq: number; bytes: Uint8Array }[]> {
  const { rows } = await client.query<{ seq: number; bytes: Buffer }>({
    name: 'read-traces',
    text: `SELECT seq, bytes FROM journal.traces WHERE seq >= $1 AND seq < $2 ORDER BY seq`,
    values: [start, end],
  })
  return rows.map((row) => ({ seq: row.seq, bytes: row.bytes }))
}

/** Bytes of the newest trace whose act is `seal`. */
export async function newestSeal(client: Queryable): Promise<Uint8Array | undefined> {
  const { rows } = await client.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'seal' ORDER BY seq DESC LIMIT 1`,
  )
  return rows[0]?.bytes
}

/** The first `limit` traces that concern an object, oldest first. */
export async function tracesOfObject(
  client: Queryable,
  objectId: string,
  limit: number,
): Promise<{ seq: number; bytes: Uint8Array }[]> {
  const { rows } = await client.query<{ seq: number; bytes: Buffer }>(
    `SELECT seq, bytes FROM journal.traces WHERE object = $1 ORDER BY seq LIMIT $2`,
    [objectId, limit],
  )
  return rows
}

/** Where to look for traces that concern one object, one vault, one user's own acts, or everything. */
export interface TraceFilter {
  readonly vault?: string
  readonly object?: string
  /** Traces whose actor commitment opens to this user. */
  readonly actor?: string
}

/** One page, newest first, below `beforeSeq`. */
export async function searchTraces(
  client: Queryable,
  filter: TraceFilter,
  beforeSeq: number,
  limit: number,
): Promise<{ seq: number; bytes: Uint8Array }[]> {
  const { rows } = await client.query<{ seq: number; bytes: Buffer }>(
    `SELECT t.seq, t.bytes FROM journal.traces t
     WHERE t.seq < $1
       AND ($2::uuid IS NULL OR t.vault = $2)
       AND ($3::uuid IS NULL OR t.object = $3)
       AND ($4::bytea IS NULL OR EXISTS (
         SELECT FROM journal.openings o WHERE o.seq = t.seq AND o.field = 'actor' AND o.value = $4))
     ORDER BY t.seq DESC LIMIT $5`,
    [
      beforeSeq,
      filter.vault ?? null,
      filter.object ?? null,
      filter.actor === undefined ? null : Buffer.from(filter.actor),
      limit,
    ],
  )
  return rows
}

export async function newestTraceEnd(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ end: number }>(
    `SELECT coalesce(max(seq) + 1, 0) AS end FROM journal.traces`,
  )
  return rows[0]?.end ?? 0
}

interface CheckpointRecord {
  size: number
  root: Buffer
  note: string
}
const checkpointOf = (row: CheckpointRecord | undefined): CheckpointRow | undefined =>
  row === undefined ? undefined : { size: row.size, root: row.root, note: row.note }

/**
 * Stores a checkpoint if the newest one is still of size `previousSize` and the epoch still ours (compare and swap).
 * @returns false when somebody else moved on; nothing was written then.
 */
export async function swapCheckpoint(
  client: Client,
  previousSize: number,
  epoch: number,
  checkpoint: CheckpointRow & { signedAtMs: number },
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'swap-checkpoint',
    text: `INSERT INTO journal.checkpoints (size, root, note, signed_at)
      SELECT $1, $2, $3, to_timestamp($4::float8)
      FROM journal.state
      WHERE epoch = $5 AND size >= $1
        AND (SELECT coalesce(max(size), 0) FROM journal.checkpoints) = $6`,
    values: [
      checkpoint.size,
      bytes(checkpoint.root),
      checkpoint.note,
      checkpoint.signedAtMs / 1000,
      epoch,
      previousSize,
    ],
  })
  return rowCount === 1
}

export async function newestCheckpoint(client: Queryable): Promise<CheckpointRow | undefined> {
  const { rows } = await client.query<CheckpointRecord>({
    name: 'newest-checkpoint',
    text: `SELECT size, root, note FROM journal.checkpoints ORDER BY size DESC LIMIT 1`,
  })
  return checkpointOf(rows[0])
}

/** When the first checkpoint beyond `size` was signed, epoch milliseconds; undefined when there is none. */
export async function firstSignedBeyond(
  client: Queryable,
  size: number,
): Promise<number | undefined> {
  const { rows } = await client.query<{ signed_at: Date }>(
    `SELECT signed_at FROM journal.checkpoints WHERE size > $1 ORDER BY size LIMIT 1`,
    [size],
  )
  return rows[0]?.signed_at.getTime()
}

/** The smallest checkpoint of at least `size`. */
export async function checkpointCovering(
  client: Queryable,
  size: number,
): Promise<CheckpointRow | undefined> {
  const { rows } = await client.query<CheckpointRecord>({
    name: 'checkpoint-covering',
    text: `SELECT size, root, note FROM journal.checkpoints WHERE size >= $1 ORDER BY size LIMIT 1`,
    values: [size],
  })
  return checkpointOf(rows[0])
}

export async function readCheckpoints(
  client: Queryable,
  afterSize: number,
  limit: number,
): Promise<CheckpointRow[]> {
  const { rows } = await client.query<CheckpointRecord>({
    name: 'read-checkpoints',
    text: `SELECT size, root, note FROM journal.checkpoints WHERE size > $1 ORDER BY size LIMIT $2`,
    values: [afterSize, limit],
  })
  return rows.map((row) => ({ size: row.size, root: row.root, note: row.note }))
}

/** Keeps computed nodes of the tree; the same node may come again. */
export async function keepNodes(client: Queryable, nodes: readonly NodeRow[]): Promise<void> {
  if (nodes.length === 0) return
  await client.query({
    name: 'keep-nodes',
    text: `INSERT INTO journal.interior_nodes (level, index, hash)
      SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
      ON CONFLICT (level, index) DO UPDATE SET hash = excluded.hash`,
    values: [
      nodes.map((node) => node.level),
      nodes.map((node) => node.index),
      nodes.map((node) => bytes(node.hash)),
    ],
  })
}

/** The nodes asked for, keyed `level:index`; absent ones are simply not in the map. */
export async function readNodes(
  client: Queryable,
  wanted: readonly { level: number; index: number }[],
): Promise<Map<string, Uint8Array>> {
  const { rows } = await client.query<{ level: number; index: number; hash: Buffer }>({
    name: 'read-nodes',
    text: `SELECT w.level, w.index, coalesce(t.leaf, n.hash) AS hash
      FROM unnest($1::smallint[], $2::bigint[]) AS w (level, index)
      LEFT JOIN journal.traces t ON w.level = 0 AND t.seq = w.index
      LEFT JOIN journal.interior_nodes n ON w.level > 0 AND n.level = w.level AND n.index = w.index
      WHERE coalesce(t.leaf, n.hash) IS NOT NULL`,
    values: [wanted.map((node) => node.level), wanted.map((node) => node.index)],
  })
  return new Map(rows.map((row) => [`${row.level}:${row.index}`, row.hash]))
}

export interface Sha3StateRow {
  readonly size: number
  readonly chain: Uint8Array
  readonly range: readonly Uint8Array[]
}

export async function keepSha3State(client: Queryable, state: Sha3StateRow): Promise<void> {
  await client.query({
    name: 'keep-sha3-state',
    text: `INSERT INTO journal.sha3_state (size, chain, range) VALUES ($1, $2, $3::bytea[])
      ON CONFLICT (singleton) DO UPDATE SET size = $1, chain = $2, range = $3::bytea[]`,
    values: [state.size, bytes(state.chain), state.range.map(bytes)],
  })
}

export async function readSha3State(client: Queryable): Promise<Sha3StateRow | undefined> {
  const { rows } = await client.query<{ size: number; chain: Buffer; range: Buffer[] }>(
    `SELECT size, chain, range FROM journal.sha3_state`,
  )
  const row = rows[0]
  return row === undefined ? undefined : { size: row.size, chain: row.chain, range: row.range }
}
