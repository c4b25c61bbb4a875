import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

/** A legal hold: while it stands, nothing of what it names is destroyed. */
export interface Hold {
  readonly id: string
  readonly vaultId: string
  /** Null: the whole vault, with what is still to come. */
  readonly objects: readonly string[] | null
}

export interface StoredHold extends Hold {
  readonly placedSeq: number
  readonly liftedSeq: number | null
}

interface HoldRecord {
  id: string
  vault_id: string
  placed_seq: number
  lifted_seq: number | null
  objects: string[] | null
}

const of = (row: HoldRecord): StoredHold => ({
  id: row.id,
  vaultId: row.vault_id,
  objects: row.objects,
  placedSeq: row.placed_seq,
  liftedSeq: row.lifted_seq,
})

export async function addHold(
  client: Client,
  { id, vaultId, objects }: Hold,
  seq: number,
): Promise<void> {
  await client.query(
    `INSERT INTO vault.holds (id, vault_id, whole_vault, placed_seq) VALUES ($1, $2, $3, $4)`,
    [id, vaultId, objects === null, seq],
  )
  if (objects !== null)
    await client.query(
      `INSERT INTO vault.held_objects (hold_id, object_id) SELECT $1, * FROM unnest($2::uuid[])`,
      [id, objects],
    )
}

/** @returns false where it doesn't stand: nothing was changed then */
export async function liftHold(client: Client, id: string, seq: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE vault.holds SET lifted_seq = $2 WHERE id = $1 AND lifted_seq IS NULL`,
    [id, seq],
  )
  return rowCount === 1
}

const selected = `SELECT h.id, h.vault_id, h.placed_seq, h.lifted_seq,
    CASE WHEN h.whole_vault THEN NULL ELSE ARRAY(
      SELECT o.object_id FROM vault.held_objects o WHERE o.hold_id = h.id ORDER BY o.object_id) END AS objects
  FROM vault.holds h`

export async function findHold(client: Queryable, id: string): Promise<StoredHold | undefined> {
  const { rows } = await client.query<HoldRecord>(`${selected} WHERE h.id = $1`, [id])
  return rows[0] === undefined ? undefined : of(rows[0])
}

/** Holds of a vault, or of every one, newest first, below `beforeSeq`. */
export async function listHolds(
  client: Queryable,
  vaultId: string | null,
  beforeSeq: number,
  limit: number,
): Promise<StoredHold[]> {
  const { rows } = await client.query<HoldRecord>(
    `${selected} WHERE ($1::uuid IS NULL OR h.vault_id = $1) AND h.placed_seq < $2 ORDER BY h.placed_seq DESC LIMIT $3`,
    [vaultId, beforeSeq, limit],
  )
  return rows.map(of)
}

/** What a trace commits to under these names; absent where it was erased. */
export async function openedTexts(
  client: Queryable,
  seqs: readonly number[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ seq: number; field: string; value: Buffer }>(
    `SELECT seq, field, value FROM journal.openings WHERE seq = ANY($1::bigint[]) AND field IN ('actor', 'grounds')`,
    [seqs],
  )
  return new Map(rows.map(({ seq, field, value }) => [`${seq}:${field}`, value.toString('utf8')]))
}
