import { CompactRange } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import type { Client } from '@probant/postgres'
import { instant, keyOf, ms } from './rows.ts'
import type { OriginKey } from './segments.ts'

/** A head that was cosigned, on its way into the log or in it. */
export interface LoggedHead extends OriginKey {
  readonly size: number
  readonly cosignedAtMs: number
  readonly leaf: Uint8Array
}

/** The log's row: who holds it gives places. */
export interface HeadLog {
  readonly tenantId: string
  readonly origin: string
  readonly openedAtMs: number
  readonly range: CompactRange
}

export interface LogCheckpoint {
  readonly size: number
  readonly note: string
}

interface HeadRow {
  tenant_id: string
  box_id: string
  origin: string
  size: number
  cosigned_at: Date
  leaf: Buffer
}

/** Opens the log unless it is there. */
export async function openHeadLog(
  client: Client,
  tenantId: string,
  origin: string,
  atMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.head_logs (tenant_id, origin, opened_at) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id) DO NOTHING`,
    [tenantId, origin, instant(atMs)],
  )
}

/** @param hold the row until the transaction ends */
export async function headLogOf(
  client: Client,
  tenantId: string,
  hold = false,
): Promise<HeadLog | undefined> {
  const { rows } = await client.query<{
    origin: string
    opened_at: Date
    size: number
    range: Buffer
  }>(
    `SELECT origin, opened_at, size, range FROM centre.head_logs WHERE tenant_id = $1
     ${hold ? 'FOR UPDATE' : ''}`,
    [tenantId],
  )
  const [row] = rows
  if (row === undefined) return undefined
  const range = new CompactRange(nodeCrypto, row.size, hashesIn(row.range))
  return { tenantId, origin: row.origin, openedAtMs: ms(row.opened_at), range }
}

/** In the transaction that stores the cosignature. */
export async function queueHead(client: Client, head: LoggedHead): Promise<void> {
  await client.query(
    `INSERT INTO centre.head_log_queue (tenant_id, box_id, origin, size, cosigned_at, leaf)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [...keyOf(head), head.origin, head.size, instant(head.cosignedAtMs), Buffer.from(head.leaf)],
  )
}

/** Takes the oldest out of the queue, in order; they have to be stored in the same transaction. */
export async function takeQueued(
  client: Client,
  tenantId: string,
  limit: number,
): Promise<LoggedHead[]> {
  const { rows } = await client.query<HeadRow>(
    `WITH taken AS (
       DELETE FROM centre.head_log_queue WHERE tenant_id = $1 AND entry IN (
         SELECT entry FROM centre.head_log_queue WHERE tenant_id = $1 ORDER BY entry LIMIT $2)
       RETURNING *)
     SELECT tenant_id, box_id, origin, size, cosigned_at, leaf FROM taken ORDER BY entry`,
    [tenantId, limit],
  )
  return rows.map(headOf)
}

/** Stores leaves from the log's size on, and the log after them. Only while holding the log's row. */
export async function storeLeaves(
  client: Client,
  { tenantId, range }: HeadLog,
  heads: readonly LoggedHead[],
): Promise<void> {
  await client.query(
    `INSERT INTO centre.head_log_leaves (tenant_id, leaf_index, box_id, origin, size, cosigned_at, leaf)
     SELECT $1, $2 + place - 1, box_id, origin, size, cosigned_at, leaf
     FROM unnest($3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::bytea[])
       WITH ORDINALITY AS head (box_id, origin, size, cosigned_at, leaf, place)`,
    [
      tenantId,
      range.size - heads.length,
      heads.map(({ boxId }) => boxId),
      heads.map(({ origin }) => origin),
      heads.map(({ size }) => size),
      heads.map(({ cosignedAtMs }) => instant(cosignedAtMs)),
      heads.map(({ leaf }) => Buffer.from(leaf)),
    ],
  )
  await client.query('UPDATE centre.head_logs SET size = $2, range = $3 WHERE tenant_id = $1', [
    tenantId,
    range.size,
    Buffer.concat(range.hashes()),
  ])
}

/** Leaves with `start` ≤ index < `end` that exist, in order. */
export async function leavesBetween(
  client: Client,
  tenantId: string,
  start: number,
  end: number,
): Promise<{ index: number; head: LoggedHead }[]> {
  const { rows } = await client.query<HeadRow & { leaf_index: number }>(
    `SELECT * FROM centre.head_log_leaves
     WHERE tenant_id = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index`,
    [tenantId, start, end],
  )
  return rows.map((row) => ({ index: row.leaf_index, head: headOf(row) }))
}

/** Where heads of a journal stand in the log: one place for each size asked, at which it was cosigned at that second. */
export async function placesOf(
  client: Client,
  key: OriginKey,
  heads: readonly { size: number; time: number }[],
): Promise<(number | undefined)[]> {
  const { rows } = await client.query<{ size: number; cosigned_at: Date; leaf_index: number }>(
    `SELECT size, cosigned_at, leaf_index FROM centre.head_log_leaves
     WHERE tenant_id = $1 AND box_id = $2 AND origin = $3 AND size = ANY ($4::bigint[])`,
    [...keyOf(key), key.origin, heads.map(({ size }) => size)],
  )
  return heads.map(
    ({ size, time }) =>
      rows.find((row) => row.size === size && Math.floor(ms(row.cosigned_at) / 1000) === time)
        ?.leaf_index,
  )
}

/** Adds hashes to a tile that has `before` of them. @returns false when it has another number */
export async function extendTile(
  client: Client,
  tenantId: string,
  { level, tile }: { level: number; tile: number },
  before: number,
  hashes: readonly Uint8Array[],
): Promise<boolean> {
  const bytes = Buffer.concat(hashes)
  const { rowCount } = await client.query(
    `INSERT INTO centre.head_log_tiles AS known (tenant_id, level, tile, hashes)
     SELECT $1, $2, $3, $4::bytea WHERE $5::int = 0 OR EXISTS (
       SELECT FROM centre.head_log_tiles WHERE tenant_id = $1 AND level = $2 AND tile = $3)
     ON CONFLICT (tenant_id, level, tile) DO UPDATE SET hashes = known.hashes || EXCLUDED.hashes
       WHERE octet_length(known.hashes) = 32 * $5::int`,
    [tenantId, level, tile, bytes, before],
  )
  return rowCount === 1
}

/** The hashes of a tile; none when it isn't there. */
export async function readTile(
  client: Client,
  tenantId: string,
  level: number,
  tile: number,
): Promise<Uint8Array[]> {
  const { rows } = await client.query<{ hashes: Buffer }>(
    'SELECT hashes FROM centre.head_log_tiles WHERE tenant_id = $1 AND level = $2 AND tile = $3',
    [tenantId, level, tile],
  )
  return rows[0] === undefined ? [] : hashesIn(rows[0].hashes)
}

/** The newest checkpoint of the log that was signed. */
export async function newestLogCheckpoint(
  client: Client,
  tenantId: string,
): Promise<LogCheckpoint | undefined> {
  const { rows } = await client.query<LogCheckpoint>(
    `SELECT size, note FROM centre.head_log_checkpoints
     WHERE tenant_id = $1 ORDER BY size DESC LIMIT 1`,
    [tenantId],
  )
  return rows[0]
}

/** Checkpoints with `after` < size ≤ `upTo`, by size. */
export async function logCheckpointsAfter(
  client: Client,
  tenantId: string,
  after: number,
  upTo: number,
  limit: number,
): Promise<LogCheckpoint[]> {
  const { rows } = await client.query<LogCheckpoint>(
    `SELECT size, note FROM centre.head_log_checkpoints
     WHERE tenant_id = $1 AND size > $2 AND size <= $3 ORDER BY size LIMIT $4`,
    [tenantId, after, upTo, limit],
  )
  return rows
}

/** A size is signed once: a checkpoint that is there stays. */
export async function insertLogCheckpoint(
  client: Client,
  tenantId: string,
  { size, note }: LogCheckpoint,
  atMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.head_log_checkpoints (tenant_id, size, note, signed_at)
     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [tenantId, size, note, instant(atMs)],
  )
}

/** Heads cosigned since the log was opened that are neither in it nor on their way, at most `limit`. */
export async function headsLeftOut(
  client: Client,
  tenantId: string,
  limit: number,
): Promise<{ origin: string; size: number }[]> {
  const { rows } = await client.query<{ origin: string; size: number }>(
    `SELECT head.origin, head.size
     FROM centre.cosigned_heads head JOIN centre.head_logs log USING (tenant_id)
     WHERE tenant_id = $1 AND head.cosigned_at >= log.opened_at
       AND NOT EXISTS (SELECT FROM centre.head_log_leaves leaf
         WHERE (leaf.tenant_id, leaf.box_id, leaf.origin, leaf.size, leaf.cosigned_at)
           = (head.tenant_id, head.box_id, head.origin, head.size, head.cosigned_at))
       AND NOT EXISTS (SELECT FROM centre.head_log_queue queued
         WHERE (queued.tenant_id, queued.box_id, queued.origin, queued.size, queued.cosigned_at)
           = (head.tenant_id, head.box_id, head.origin, head.size, head.cosigned_at))
     ORDER BY head.cosigned_at LIMIT $2`,
    [tenantId, limit],
  )
  return rows
}

/** Sizes of journals at which the log has entries with different roots, at most `limit`. */
export async function headsCosignedTwice(
  client: Client,
  tenantId: string,
  limit: number,
): Promise<{ origin: string; size: number }[]> {
  const { rows } = await client.query<{ origin: string; size: number }>(
    `SELECT origin, size FROM centre.head_log_leaves WHERE tenant_id = $1
     GROUP BY box_id, origin, size
     HAVING count(DISTINCT convert_from(leaf, 'UTF8')::json ->> 'root') > 1
     ORDER BY origin, size LIMIT $2`,
    [tenantId, limit],
  )
  return rows
}

function headOf(row: HeadRow): LoggedHead {
  return {
    tenantId: row.tenant_id,
    boxId: row.box_id,
    origin: row.origin,
    size: row.size,
    cosignedAtMs: ms(row.cosigned_at),
    leaf: new Uint8Array(row.leaf),
  }
}

function hashesIn(bytes: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += 32)
    hashes.push(new Uint8Array(bytes.slice(at, at + 32)))
  return hashes
}
