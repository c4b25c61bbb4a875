import {
  journalStateFromJson,
  journalStateToJson,
  type JournalState,
  type JsonObject,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import type { Client } from '@probant/postgres'
import { instant, ms } from './rows.ts'

/** The alert journal's head row: whoever holds it is the only one that appends. */
export interface AlertJournal {
  tenantId: string
  origin: string
  state: JournalState
  /** First trace that no seal covers. */
  unsealedSinceMs: number | null
  sealedAtMs: number | null
}

interface JournalRow {
  tenant_id: string
  origin: string
  journal_state: JsonObject
  unsealed_since: Date | null
  sealed_at: Date | null
}

const SELECT =
  'SELECT tenant_id, origin, journal_state, unsealed_since, sealed_at FROM centre.alert_journals'

export async function insertAlertJournal(
  client: Client,
  tenantId: string,
  state: JournalState,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.alert_journals (tenant_id, origin, size, journal_state)
     VALUES ($1, $2, $3, $4)`,
    [tenantId, state.origin, state.size, JSON.stringify(journalStateToJson(state))],
  )
}

/** The head row, held until the transaction ends. */
export async function holdAlertJournal(
  client: Client,
  tenantId: string,
): Promise<AlertJournal | undefined> {
  const { rows } = await client.query<JournalRow>(`${SELECT} WHERE tenant_id = $1 FOR UPDATE`, [
    tenantId,
  ])
  return rows[0] && journalOf(rows[0])
}

export async function alertJournals(client: Client): Promise<AlertJournal[]> {
  const { rows } = await client.query<JournalRow>(`${SELECT} ORDER BY tenant_id`)
  return rows.map(journalOf)
}

/** Stores traces and the head after them. Only while holding the head row. */
export async function storeAlertTraces(
  client: Client,
  journal: AlertJournal,
  traces: { seq: number; bytes: Uint8Array }[],
): Promise<void> {
  await client.query(
    `INSERT INTO centre.alert_traces (tenant_id, seq, bytes)
     SELECT $1, seq, bytes FROM unnest($2::bigint[], $3::bytea[]) t (seq, bytes)`,
    [journal.tenantId, traces.map(({ seq }) => seq), traces.map(({ bytes }) => Buffer.from(bytes))],
  )
  await client.query(
    `UPDATE centre.alert_journals
     SET size = $2, journal_state = $3, unsealed_since = $4, sealed_at = $5 WHERE tenant_id = $1`,
    [
      journal.tenantId,
      journal.state.size,
      JSON.stringify(journalStateToJson(journal.state)),
      instant(journal.unsealedSinceMs),
      instant(journal.sealedAtMs),
    ],
  )
}

export async function readAlertTraces(
  client: Client,
  tenantId: string,
  start: number,
  end: number,
): Promise<Uint8Array[]> {
  const { rows } = await client.query<{ bytes: Buffer }>(
    `SELECT bytes FROM centre.alert_traces
     WHERE tenant_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq`,
    [tenantId, start, end],
  )
  return rows.map(({ bytes }) => new Uint8Array(bytes))
}

/** A checkpoint that is there already stays: sizes are signed once. */
export async function insertAlertCheckpoint(
  client: Client,
  tenantId: string,
  size: number,
  note: string,
  atMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.alert_checkpoints (tenant_id, size, note, signed_at)
     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [tenantId, size, note, instant(atMs)],
  )
}

export interface AlertCheckpoint {
  size: number
  note: string
}

/** The newest checkpoint; with `from` and `upTo`, the largest in that range of sizes. */
export async function alertCheckpoint(
  client: Client,
  tenantId: string,
  from = 1,
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<AlertCheckpoint | undefined> {
  const { rows } = await client.query<AlertCheckpoint>(
    `SELECT size, note FROM centre.alert_checkpoints
     WHERE tenant_id = $1 AND size >= $2 AND size <= $3 ORDER BY size DESC LIMIT 1`,
    [tenantId, from, upTo],
  )
  return rows[0]
}

/** Checkpoints beyond a size, in order. */
export async function alertCheckpointsAfter(
  client: Client,
  tenantId: string,
  size: number,
  limit: number,
): Promise<AlertCheckpoint[]> {
  const { rows } = await client.query<AlertCheckpoint>(
    `SELECT size, note FROM centre.alert_checkpoints
     WHERE tenant_id = $1 AND size > $2 ORDER BY size LIMIT $3`,
    [tenantId, size, limit],
  )
  return rows
}

/** What opens a commitment of a trace, for as long as the person it names stays. */
export async function insertOpening(
  client: Client,
  tenantId: string,
  opening: {
    seq: number
    field: string
    contactId: string | null
    operatorId: string | null
    salt: Uint8Array
    value: Uint8Array
  },
): Promise<void> {
  await client.query(
    `INSERT INTO centre.alert_openings
       (tenant_id, seq, field, contact_id, operator_id, salt, value)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      tenantId,
      opening.seq,
      opening.field,
      opening.contactId,
      opening.operatorId,
      Buffer.from(opening.salt),
      Buffer.from(opening.value),
    ],
  )
}

function journalOf(row: JournalRow): AlertJournal {
  return {
    tenantId: row.tenant_id,
    origin: row.origin,
    state: journalStateFromJson(nodeCrypto, row.journal_state),
    unsealedSinceMs: ms(row.unsealed_since),
    sealedAtMs: ms(row.sealed_at),
  }
}
