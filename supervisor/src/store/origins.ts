import {
  journalStateFromJson,
  journalStateToJson,
  parseVkey,
  toHex,
  fromHex,
  type JournalState,
  type JsonObject,
  type VerifierKey,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import type { Client } from '@probant/postgres'
import type { Challenge } from '@probant/shipping'
import { instant, keyOf, ms, type BoxKey } from './rows.ts'

/** A size of a journal that the centre vouches for, with what states it. */
export interface StatedSize {
  size: number
  root: Uint8Array
  /** Witnessed: the checkpoint with our cosignatures. Audited: the audit receipt. */
  note: string
  atMs: number
}

/** The head row of one origin. */
export interface Origin extends BoxKey {
  origin: string
  journalKey: VerifierKey
  /** Keys of earlier hardware, oldest first, each with the size up to which its signatures count. */
  formerJournalKeys: readonly { readonly untilSize: number; readonly key: VerifierKey }[]
  witnessed: StatedSize | null
  audited: StatedSize | null
  /** Verified up to the audited size. */
  state: JournalState
  segmentCount: number
  challenge: Challenge | null
  shippedAtMs: number | null
}

interface OriginRow {
  tenant_id: string
  box_id: string
  origin: string
  journal_key: string
  former_journal_keys: { until: number; key: string }[]
  witnessed_size: number
  witnessed_root: Buffer | null
  witnessed_note: string | null
  witnessed_at: Date | null
  audited_size: number
  audited_root: Buffer | null
  audited_receipt: string | null
  audited_at: Date | null
  segment_count: number
  journal_state: JsonObject
  challenge_nonce: Buffer | null
  challenge_segments: { start: number; end: number }[] | null
  shipped_at: Date | null
}

const SELECT = `SELECT o.*, (
    SELECT coalesce(json_agg(json_build_object('until', until_size, 'key', journal_key) ORDER BY until_size), '[]')
    FROM centre.former_journal_keys f
    WHERE f.tenant_id = o.tenant_id AND f.box_id = o.box_id AND f.origin = o.origin
  ) AS former_journal_keys
  FROM centre.origins o`

/** The origin that a box now writes; undefined when none is open. */
export async function openOrigin(client: Client, box: BoxKey): Promise<Origin | undefined> {
  const { rows } = await client.query<OriginRow>(
    `${SELECT} WHERE tenant_id = $1 AND box_id = $2 AND closed_at IS NULL`,
    keyOf(box),
  )
  return rows[0] && originOf(rows[0])
}

/** One origin by name, open or closed. */
export async function findOrigin(client: Client, origin: string): Promise<Origin | undefined> {
  const { rows } = await client.query<OriginRow>(`${SELECT} WHERE origin = $1`, [origin])
  return rows[0] && originOf(rows[0])
}

/** Names of all origins, also closed ones; those of some boxes where their names are given. */
export async function originNames(client: Client, boxes: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ origin: string }>(
    `SELECT origin FROM centre.origin_directory
     WHERE cardinality($1::text[]) = 0 OR box_id = ANY ($1) ORDER BY origin`,
    [[...boxes]],
  )
  return rows.map(({ origin }) => origin)
}

/** The box whose journal it is, or was. */
export async function boxOfOrigin(client: Client, origin: string): Promise<BoxKey | undefined> {
  const { rows } = await client.query<{ tenant_id: string; box_id: string }>(
    'SELECT tenant_id, box_id FROM centre.origin_directory WHERE origin = $1',
    [origin],
  )
  return rows[0] && { tenantId: rows[0].tenant_id, boxId: rows[0].box_id }
}

export async function insertOrigin(
  client: Client,
  box: BoxKey,
  opened: { origin: string; journalKey: string; state: JournalState; atMs: number },
): Promise<void> {
  await client.query(
    'INSERT INTO centre.origin_directory (origin, tenant_id, box_id) VALUES ($3, $1, $2)',
    [...keyOf(box), opened.origin],
  )
  await client.query(
    `INSERT INTO centre.origins (tenant_id, box_id, origin, opened_at, journal_key, journal_state)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      ...keyOf(box),
      opened.origin,
      instant(opened.atMs),
      opened.journalKey,
      JSON.stringify(journalStateToJson(opened.state)),
    ],
  )
}

/**
 * Puts another journal key in the place of the one that held, whose signatures count up to a size, if nothing beyond that size was
 * witnessed or audited under it.
 * @returns false when that isn't so, or another key holds meanwhile; nothing was changed then
 */
export async function replaceJournalKey(
  client: Client,
  origin: Origin,
  from: string,
  to: { journalKey: string; untilSize: number; atMs: number },
): Promise<boolean> {
  const place = [...keyOf(origin), origin.origin]
  const { rowCount } = await client.query(
    `UPDATE centre.origins SET journal_key = $6
     WHERE tenant_id = $1 AND box_id = $2 AND origin = $3 AND journal_key = $4
       AND witnessed_size <= $5 AND audited_size <= $5 AND closed_at IS NULL`,
    [...place, from, to.untilSize, to.journalKey],
  )
  if (rowCount !== 1) return false
  await client.query(
    `INSERT INTO centre.former_journal_keys (tenant_id, box_id, origin, until_size, journal_key, replaced_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [...place, to.untilSize, from, instant(to.atMs)],
  )
  return true
}

/** Moves the witnessed size if it is still `from`: one history is cosigned, whoever asks at the same time. */
export async function moveWitnessed(
  client: Client,
  origin: Origin,
  to: StatedSize,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.origins
     SET witnessed_size = $5, witnessed_root = $6, witnessed_note = $7, witnessed_at = $8
     WHERE tenant_id = $1 AND box_id = $2 AND origin = $3 AND witnessed_size = $4
       AND closed_at IS NULL`,
    [
      ...keyOf(origin),
      origin.origin,
      origin.witnessed?.size ?? 0,
      to.size,
      Buffer.from(to.root),
      to.note,
      instant(to.atMs),
    ],
  )
  return rowCount === 1
}

/** The head was seen again without having grown. */
export async function touchWitnessed(client: Client, origin: Origin, atMs: number): Promise<void> {
  await client.query(
    `UPDATE centre.origins SET witnessed_at = $4
     WHERE tenant_id = $1 AND box_id = $2 AND origin = $3`,
    [...keyOf(origin), origin.origin, instant(atMs)],
  )
}

/** Moves the audited size, and what goes on from there, if it is still the one that was verified from. */
export async function moveAudited(
  client: Client,
  origin: Origin,
  to: StatedSize,
  state: JournalState,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.origins
     SET audited_size = $5, audited_root = $6, audited_receipt = $7, audited_at = $8,
         journal_state = $9, segment_count = segment_count + 1
     WHERE tenant_id = $1 AND box_id = $2 AND origin = $3 AND audited_size = $4
       AND closed_at IS NULL`,
    [
      ...keyOf(origin),
      origin.origin,
      origin.state.size,
      to.size,
      Buffer.from(to.root),
      to.note,
      instant(to.atMs),
      JSON.stringify(journalStateToJson(state)),
    ],
  )
  return rowCount === 1
}

export async function setChallenge(
  client: Client,
  origin: Origin,
  challenge: Challenge | null,
): Promise<void> {
  await client.query(
    `UPDATE centre.origins SET challenge_nonce = $4, challenge_segments = $5
     WHERE tenant_id = $1 AND box_id = $2 AND origin = $3`,
    [
      ...keyOf(origin),
      origin.origin,
      challenge && Buffer.from(fromHex(challenge.nonce)),
      challenge && JSON.stringify(challenge.segments),
    ],
  )
}

/** Everything that was asked, and everything that was new, had come by then. */
export async function markShipped(client: Client, origin: Origin, atMs: number): Promise<void> {
  await client.query(
    `UPDATE centre.origins SET shipped_at = $4
     WHERE tenant_id = $1 AND box_id = $2 AND origin = $3`,
    [...keyOf(origin), origin.origin, instant(atMs)],
  )
}

function originOf(row: OriginRow): Origin {
  return {
    tenantId: row.tenant_id,
    boxId: row.box_id,
    origin: row.origin,
    journalKey: parseVkey(row.journal_key, nodeCrypto),
    formerJournalKeys: row.former_journal_keys.map(({ until, key }) => ({
      untilSize: until,
      key: parseVkey(key, nodeCrypto),
    })),
    witnessed: statedSize(
      row.witnessed_size,
      row.witnessed_root,
      row.witnessed_note,
      row.witnessed_at,
    ),
    audited: statedSize(row.audited_size, row.audited_root, row.audited_receipt, row.audited_at),
    state: journalStateFromJson(nodeCrypto, row.journal_state),
    segmentCount: row.segment_count,
    challenge:
      row.challenge_nonce && row.challenge_segments
        ? { nonce: toHex(row.challenge_nonce), segments: row.challenge_segments }
        : null,
    shippedAtMs: ms(row.shipped_at),
  }
}

function statedSize(
  size: number,
  root: Buffer | null,
  note: string | null,
  at: Date | null,
): StatedSize | null {
  if (root === null || note === null || at === null) return null
  return { size, root: new Uint8Array(root), note, atMs: ms(at) }
}
