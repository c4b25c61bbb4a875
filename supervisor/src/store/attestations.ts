import type { Client } from '@probant/postgres'
import { instant, keyOf, ms, type BoxKey } from './rows.ts'

export type AttestationOutcome = 'expected' | 'approved' | 'mismatch' | 'missing'
export type EventLogState = 'given' | 'absent' | 'unreadable' | 'too-long'

/** The TPM's time, as it was signed. */
export interface TpmCounts {
  clockMs: number
  resetCount: number
  restartCount: number
}

/** What a box stated with one shipment. */
export interface StoredAttestation {
  attestationId: string
  atMs: number
  outcome: AttestationOutcome
  /** Name of the enrolled key at that time; null where nothing came. */
  keyName: Uint8Array | null
  /** These are null where no quote held. */
  counts: TpmCounts | null
  pcrs: Readonly<Record<string, string>> | null
  pcrsSha256: Uint8Array | null
  eventLog: EventLogState | null
  evidence: Uint8Array | null
}

interface AttestationRow {
  attestation_id: string
  attested_at: Date
  outcome: AttestationOutcome
  key_name: Buffer | null
  clock_ms: number | null
  reset_count: number | null
  restart_count: number | null
  pcrs: Record<string, string> | null
  pcrs_sha256: Buffer | null
  event_log: EventLogState | null
  evidence: Buffer | null
}

export async function insertAttestation(
  client: Client,
  box: BoxKey,
  attestation: StoredAttestation,
): Promise<void> {
  const { keyName, counts, pcrs, pcrsSha256, evidence } = attestation
  await client.query(
    `INSERT INTO centre.attestations (tenant_id, box_id, attestation_id, attested_at, outcome,
       key_name, clock_ms, reset_count, restart_count, pcrs, pcrs_sha256, event_log, evidence)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      ...keyOf(box),
      attestation.attestationId,
      instant(attestation.atMs),
      attestation.outcome,
      keyName && Buffer.from(keyName),
      counts?.clockMs ?? null,
      counts?.resetCount ?? null,
      counts?.restartCount ?? null,
      pcrs && JSON.stringify(pcrs),
      pcrsSha256 && Buffer.from(pcrsSha256),
      attestation.eventLog,
      evidence && Buffer.from(evidence),
    ],
  )
}

const SELECT = `SELECT attestation_id, attested_at, outcome, key_name, clock_ms, reset_count,
    restart_count, pcrs, pcrs_sha256, event_log, evidence
  FROM centre.attestations WHERE tenant_id = $1 AND box_id = $2`

const SELECT_FURTHEST = SELECT.replace(
  'evidence\n',
  "evidence, bool_or(event_log = 'given') OVER () AS had_log\n",
)

/** Newest first. */
export async function listAttestations(
  client: Client,
  box: BoxKey,
  limit: number,
): Promise<StoredAttestation[]> {
  const { rows } = await client.query<AttestationRow>(
    `${SELECT} ORDER BY attested_at DESC, attestation_id DESC LIMIT $3`,
    [...keyOf(box), limit],
  )
  return rows.map(attestationOf)
}

/** Whether a statement came before. @param evidence digest of what is kept of it */
export async function holdsEvidence(
  client: Client,
  box: BoxKey,
  evidence: Uint8Array,
): Promise<boolean> {
  const { rows } = await client.query(
    'SELECT 1 FROM centre.attestations WHERE tenant_id = $1 AND box_id = $2 AND evidence = $3 LIMIT 1',
    [...keyOf(box), Buffer.from(evidence)],
  )
  return rows.length > 0
}

/** How far a key's quotes had come since it counts, and whether one came with a log: what follows can't fall behind. */
export async function furthestQuoteOf(
  client: Client,
  box: BoxKey,
  key: { keyName: Uint8Array; addedAtMs: number },
): Promise<{ counts: TpmCounts | null; hadLog: boolean }> {
  const { rows } = await client.query<AttestationRow & { had_log: boolean }>(
    `${SELECT_FURTHEST} AND key_name = $3 AND attested_at >= $4 AND clock_ms IS NOT NULL
     ORDER BY reset_count DESC, restart_count DESC, clock_ms DESC LIMIT 1`,
    [...keyOf(box), Buffer.from(key.keyName), instant(key.addedAtMs)],
  )
  const [row] = rows
  return row === undefined
    ? { counts: null, hadLog: false }
    : { counts: attestationOf(row).counts, hadLog: row.had_log }
}

function attestationOf(row: AttestationRow): StoredAttestation {
  const bytes = (value: Buffer | null) => value && new Uint8Array(value)
  const { clock_ms: clockMs, reset_count: resetCount, restart_count: restartCount } = row
  const isWhole = clockMs !== null && resetCount !== null && restartCount !== null
  return {
    attestationId: row.attestation_id,
    atMs: ms(row.attested_at),
    outcome: row.outcome,
    keyName: bytes(row.key_name),
    counts: isWhole ? { clockMs, resetCount, restartCount } : null,
    pcrs: row.pcrs,
    pcrsSha256: bytes(row.pcrs_sha256),
    eventLog: row.event_log,
    evidence: bytes(row.evidence),
  }
}
