import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

export type Fate = 'destroy' | 'keep' | 'review'

/** How long objects are kept, from what on, and what becomes of them then. */
export interface RetentionClass {
  readonly name: string
  /** Null: for ever. */
  readonly days: number | null
  readonly starts: 'deposit' | 'event'
  readonly fate: Fate
}

export async function addClass(
  client: Client,
  { name, days, starts, fate }: RetentionClass,
  seq: number,
): Promise<void> {
  await client.query(
    `INSERT INTO vault.retention_classes (name, days, starts, fate, seq) VALUES ($1, $2, $3, $4, $5)`,
    [name, days, starts, fate, seq],
  )
}

/** @returns false where it is no longer than before: nothing was changed then */
export async function lengthenClass(
  client: Client,
  name: string,
  days: number | null,
  seq: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE vault.retention_classes SET days = $2::int, seq = $3
     WHERE name = $1 AND days IS NOT NULL AND ($2::int IS NULL OR days < $2::int)`,
    [name, days, seq],
  )
  return rowCount === 1
}

export async function listClasses(client: Queryable): Promise<RetentionClass[]> {
  const { rows } = await client.query<RetentionClass & Record<string, unknown>>(
    `SELECT name, days, starts, fate FROM vault.retention_classes ORDER BY name`,
  )
  return rows.map(({ name, days, starts, fate }) => ({ name, days, starts, fate }))
}

/** The class of this name or, where none is named, the vault's default; undefined where there is none. */
export async function classFor(
  client: Queryable,
  vaultId: string,
  name: string | undefined,
): Promise<RetentionClass | undefined> {
  const { rows } = await client.query<RetentionClass & Record<string, unknown>>({
    name: 'retention-class-for',
    text: `SELECT name, days, starts, fate FROM vault.retention_classes
      WHERE name = coalesce($2::text, (SELECT class FROM vault.retention_defaults WHERE vault_id = $1))`,
    values: [vaultId, name ?? null],
  })
  return rows[0]
}

/** Sets a vault's default; null: none. */
export async function setDefault(
  client: Client,
  vaultId: string,
  name: string | null,
  seq: number,
): Promise<void> {
  if (name === null)
    await client.query(`DELETE FROM vault.retention_defaults WHERE vault_id = $1`, [vaultId])
  else
    await client.query(
      `INSERT INTO vault.retention_defaults (vault_id, class, seq) VALUES ($1, $2, $3)
       ON CONFLICT (vault_id) DO UPDATE SET class = excluded.class, seq = excluded.seq`,
      [vaultId, name, seq],
    )
}

export async function defaultOf(client: Queryable, vaultId: string): Promise<string | null> {
  const { rows } = await client.query<{ class: string }>(
    `SELECT class FROM vault.retention_defaults WHERE vault_id = $1`,
    [vaultId],
  )
  return rows[0]?.class ?? null
}

/**
 * Dates the event from which an object's retention counts.
 * @param date `YYYY-MM-DD`
 * @returns false where it was dated, and not before that: nothing was changed then
 */
export async function dateEvent(
  client: Client,
  objectId: string,
  date: string,
  seq: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO vault.retention_events AS e (object_id, date, seq) VALUES ($1, $2, $3)
     ON CONFLICT (object_id) DO UPDATE SET date = excluded.date, seq = excluded.seq WHERE e.date < excluded.date`,
    [objectId, date, seq],
  )
  return rowCount === 1
}

/** What the tables of retention hold, as the recomputation reads it: one line each, the same whatever the order of the rows. */
export async function retentionRows(client: Queryable): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `SELECT concat_ws(' ', 'class', name, coalesce(days::text, 'for-ever'), starts, fate, seq) AS line FROM vault.retention_classes
     UNION ALL SELECT concat_ws(' ', 'default', vault_id, class, seq) FROM vault.retention_defaults
     UNION ALL SELECT concat_ws(' ', 'event', object_id, date, seq) FROM vault.retention_events
     UNION ALL SELECT concat_ws(' ', 'hold', id, vault_id, whole_vault, placed_seq, coalesce(lifted_seq::text, 'placed')) FROM vault.holds
     UNION ALL SELECT concat_ws(' ', 'held', hold_id, object_id) FROM vault.held_objects
     ORDER BY 1`,
  )
  return rows.map(({ line }) => line)
}

/** Bytes of the traces that say how long objects are kept, from `seq` on, in their order. */
export async function retentionTraces(
  client: Queryable,
  seq: number,
): Promise<{ seq: number; bytes: Uint8Array }[]> {
  const { rows } = await client.query<{ seq: number; bytes: Buffer }>(
    `SELECT seq, bytes FROM journal.traces
     WHERE act IN ('retention-class-created', 'retention-class-lengthened', 'vault-retention-changed', 'retention-started', 'hold-placed', 'hold-lifted')
       AND seq >= $1 ORDER BY seq`,
    [seq],
  )
  return rows
}
