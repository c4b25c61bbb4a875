import type { Client } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import type { Queryable } from './journal.ts'

/** An epoch of keys, ended or not. */
export interface KeyEpoch {
  readonly number: number
  /** Label of the hardware's wrapping key that encloses its key. */
  readonly root: string
  /** Null once it ended. */
  readonly keyEnclosed: Uint8Array | null
  readonly begunAtMs: number
  readonly formerRoot: { readonly label: string; readonly untilMs: number } | null
  /** When it may end; null while it is the newest. */
  readonly endsAtMs: number | null
  readonly isClosed: boolean
  readonly endedAtMs: number | null
}

interface EpochRecord {
  number: number
  root: string
  key_enclosed: Buffer | null
  begun_at: Date
  former_root: string | null
  former_root_until: Date | null
  ends_at: Date | null
  closed: boolean
  ended_at: Date | null
}

const of = (row: EpochRecord): KeyEpoch => ({
  number: row.number,
  root: row.root,
  keyEnclosed: row.key_enclosed,
  begunAtMs: row.begun_at.getTime(),
  formerRoot:
    row.former_root === null || row.former_root_until === null
      ? null
      : { label: row.former_root, untilMs: row.former_root_until.getTime() },
  endsAtMs: row.ends_at?.getTime() ?? null,
  isClosed: row.closed,
  endedAtMs: row.ended_at?.getTime() ?? null,
})

/** Every epoch, oldest first: a dozen a year. */
export async function readEpochs(client: Queryable): Promise<KeyEpoch[]> {
  const { rows } = await client.query<EpochRecord>(
    `SELECT number, root, key_enclosed, begun_at, former_root, former_root_until, ends_at, closed, ended_at
     FROM vault.key_epochs ORDER BY number`,
  )
  return rows.map(of)
}

/** Those whose key still opens something, oldest first. */
export async function liveEpochs(client: Queryable): Promise<KeyEpoch[]> {
  return (await readEpochs(client)).filter(({ endedAtMs }) => endedAtMs === null)
}

/** The one under which new keys are enclosed. @throws BoxError `not-openable` (fatal) before the first */
export async function newestEpoch(client: Queryable): Promise<KeyEpoch> {
  const newest = (await liveEpochs(client)).at(-1)
  if (newest === undefined) throw new BoxError('not-openable', 'fatal', 'no epoch has begun')
  return newest
}

const seconds = (ms: number) => ms / 1000

/** Begins an epoch; those before may end at `formerEndMs`. */
export async function addEpoch(
  client: Client,
  epoch: Pick<KeyEpoch, 'number' | 'root' | 'begunAtMs'> & { keyEnclosed: Uint8Array },
  formerEndMs: number,
): Promise<void> {
  await client.query(
    `UPDATE vault.key_epochs SET ends_at = least(coalesce(ends_at, to_timestamp($1::float8)), to_timestamp($1::float8)) WHERE ended_at IS NULL`,
    [seconds(formerEndMs)],
  )
  await client.query(
    `INSERT INTO vault.key_epochs (number, root, key_enclosed, begun_at) VALUES ($1, $2, $3, to_timestamp($4::float8))`,
    [epoch.number, epoch.root, Buffer.from(epoch.keyEnclosed), seconds(epoch.begunAtMs)],
  )
}

/** Puts an epoch's key under another root; the former is to be kept until then. */
export async function replaceRoot(
  client: Client,
  epoch: KeyEpoch,
  root: string,
  enclosed: Uint8Array,
  formerUntilMs: number,
): Promise<void> {
  await client.query(
    `UPDATE vault.key_epochs SET former_root = root, former_root_until = to_timestamp($4::float8), root = $2, key_enclosed = $3
     WHERE number = $1 AND root = $5 AND former_root IS NULL`,
    [epoch.number, root, Buffer.from(enclosed), seconds(formerUntilMs), epoch.root],
  )
}

export async function forgetFormerRoot(client: Client, number: number): Promise<void> {
  await client.query(
    `UPDATE vault.key_epochs SET former_root = NULL, former_root_until = NULL WHERE number = $1`,
    [number],
  )
}

/** After a change of hardware: the epoch's key under the root of the same label there. */
export async function setEpochKey(
  client: Client,
  number: number,
  enclosed: Uint8Array,
): Promise<void> {
  await client.query(
    `UPDATE vault.key_epochs SET key_enclosed = $2, former_root = NULL, former_root_until = NULL WHERE number = $1`,
    [number, Buffer.from(enclosed)],
  )
}

/**
 * Closes an epoch against further keys, unless keys need it.
 * @returns whether it is closed: no key of a vault is, or will be, enclosed under it or one before
 */
export async function closeEpoch(client: Client, number: number): Promise<boolean> {
  // Waits for vaults that are being added under it, and is seen by those that come later.
  await client.query(`UPDATE vault.key_epochs SET closed = true WHERE number = $1`, [number])
  const { rows } = await client.query<{ used: boolean }>(
    `SELECT EXISTS (SELECT FROM vault.vaults WHERE key_epoch <= $1)
         OR EXISTS (SELECT FROM vault.former_vault_keys WHERE epoch <= $1) AS used`,
    [number],
  )
  if (rows[0]?.used === false) return true
  await client.query(`UPDATE vault.key_epochs SET closed = false WHERE number = $1`, [number])
  return false
}

export async function endEpoch(client: Client, number: number, endedAtMs: number): Promise<void> {
  await client.query(
    `UPDATE vault.key_epochs
     SET key_enclosed = NULL, former_root = NULL, former_root_until = NULL, ended_at = to_timestamp($2::float8)
     WHERE number = $1 AND closed`,
    [number, seconds(endedAtMs)],
  )
}
