import type { Client } from '@probant/postgres'
import { instant, keyOf, only, type BoxKey } from './rows.ts'

/** One stored segment: traces `start` … `end − 1`. Rows of an origin follow each other without gap or overlap. */
export interface StoredSegment {
  ordinal: number
  start: number
  end: number
  /** Of the file that holds its bytes. */
  sha256: Uint8Array
  sizeBytes: number
  /** The audit receipt for `end`. */
  receipt: string
}

interface SegmentRow {
  ordinal: number
  start_seq: number
  end_seq: number
  sha256: Buffer
  size_bytes: number
  receipt: string
}

export type OriginKey = BoxKey & { readonly origin: string }

const COLUMNS = 'ordinal, start_seq, end_seq, sha256, size_bytes, receipt'
const OF_ORIGIN = 'tenant_id = $1 AND box_id = $2 AND origin = $3'

/** In the transaction that moved the audited size: that is what keeps rows in line. */
export async function insertSegment(
  client: Client,
  key: OriginKey,
  segment: StoredSegment,
  receivedAtMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.segments
       (tenant_id, box_id, origin, ${COLUMNS}, received_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      ...originKey(key),
      segment.ordinal,
      segment.start,
      segment.end,
      Buffer.from(segment.sha256),
      segment.sizeBytes,
      segment.receipt,
      instant(receivedAtMs),
    ],
  )
}

/** The stored segments that hold any of the traces `start` … `end − 1`, in order. */
export async function segmentsCovering(
  client: Client,
  key: OriginKey,
  start: number,
  end: number,
): Promise<StoredSegment[]> {
  const { rows } = await client.query<SegmentRow>(
    `SELECT ${COLUMNS} FROM centre.segments
     WHERE ${OF_ORIGIN} AND start_seq < $5 AND end_seq > $4 ORDER BY start_seq`,
    [...originKey(key), start, end],
  )
  return rows.map(segmentOf)
}

/** Rows in their order, from an ordinal on. */
export async function segmentsFrom(
  client: Client,
  key: OriginKey,
  ordinal: number,
  limit: number,
): Promise<StoredSegment[]> {
  const { rows } = await client.query<SegmentRow>(
    `SELECT ${COLUMNS} FROM centre.segments
     WHERE ${OF_ORIGIN} AND ordinal >= $4 ORDER BY ordinal LIMIT $5`,
    [...originKey(key), ordinal, limit],
  )
  return rows.map(segmentOf)
}

/** The receipt of the first segment that ends at `size` or later. */
export async function receiptCovering(
  client: Client,
  key: OriginKey,
  size: number,
): Promise<string> {
  const { rows } = await client.query<{ receipt: string }>(
    `SELECT receipt FROM centre.segments WHERE ${OF_ORIGIN} AND end_seq >= $4
     ORDER BY end_seq LIMIT 1`,
    [...originKey(key), size],
  )
  return only(rows).receipt
}

/** Where the segments with these ordinals begin and end, by start. */
export async function segmentBounds(
  client: Client,
  key: OriginKey,
  ordinals: number[],
): Promise<{ start: number; end: number }[]> {
  const { rows } = await client.query<{ start_seq: number; end_seq: number }>(
    `SELECT start_seq, end_seq FROM centre.segments
     WHERE ${OF_ORIGIN} AND ordinal = ANY ($4) ORDER BY start_seq`,
    [...originKey(key), ordinals],
  )
  return rows.map(({ start_seq, end_seq }) => ({ start: start_seq, end: end_seq }))
}

function originKey(key: OriginKey): [string, string, string] {
  return [...keyOf(key), key.origin]
}

function segmentOf(row: SegmentRow): StoredSegment {
  return {
    ordinal: row.ordinal,
    start: row.start_seq,
    end: row.end_seq,
    sha256: new Uint8Array(row.sha256),
    sizeBytes: row.size_bytes,
    receipt: row.receipt,
  }
}
