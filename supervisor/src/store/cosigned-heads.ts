import type { Client } from '@probant/postgres'
import { instant, keyOf } from './rows.ts'
import type { OriginKey } from './segments.ts'

/** A head of a box that the centre cosigned. */
export interface CosignedHead {
  size: number
  root: Uint8Array
  /** As the box signed it. */
  note: string
  /** Our cosignature lines. */
  lines: string[]
}

interface HeadRow {
  size: number
  root: Buffer
  note: string
  lines: string[]
}

const SELECT = `SELECT size, root, note, lines FROM centre.cosigned_heads
  WHERE tenant_id = $1 AND box_id = $2 AND origin = $3`

/** In the transaction that moved the witnessed size. */
export async function insertCosignedHead(
  client: Client,
  key: OriginKey,
  head: CosignedHead,
  atMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.cosigned_heads
       (tenant_id, box_id, origin, size, root, note, lines, cosigned_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...keyOf(key),
      key.origin,
      head.size,
      Buffer.from(head.root),
      head.note,
      head.lines,
      instant(atMs),
    ],
  )
}

/** The heads with `after` < size ≤ `upTo`, by size: what is shipped must agree with each. */
export async function cosignedHeads(
  client: Client,
  key: OriginKey,
  after: number,
  upTo: number,
): Promise<CosignedHead[]> {
  const { rows } = await client.query<HeadRow>(
    `${SELECT} AND size > $4 AND size <= $5 ORDER BY size`,
    [...keyOf(key), key.origin, after, upTo],
  )
  return rows.map(headOf)
}

function headOf({ size, root, note, lines }: HeadRow): CosignedHead {
  return { size, root: new Uint8Array(root), note, lines }
}
