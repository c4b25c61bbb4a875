import type { FindingKind } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { AttestationOutcome } from './attestations.ts'
import { ms, type BoxKey } from './rows.ts'

/** A box at a glance. */
export interface FleetEntry extends BoxKey {
  name: string
  origin: string | null
  /** Followed by another centre: only its heads come here. */
  isWitnessedOnly: boolean
  lastHead: { size: number; atMs: number } | null
  lastShipment: { size: number; atMs: number } | null
  nextDeadlineMs: number | null
  /** What came with its last shipment; null where nothing ever did. */
  attestation: { outcome: AttestationOutcome; atMs: number } | null
  openKinds: FindingKind[]
}

interface FleetRow {
  tenant_id: string
  box_id: string
  name: string
  origin: string | null
  witness_only: boolean
  witnessed_size: number | null
  witnessed_at: Date | null
  audited_size: number | null
  audited_at: Date | null
  due_at: Date | null
  outcome: AttestationOutcome | null
  attested_at: Date | null
  open_kinds: FindingKind[]
}

const SELECT = `SELECT b.tenant_id, b.box_id, b.name, b.witness_only, o.origin, o.witnessed_size, o.witnessed_at,
    o.audited_size, o.audited_at, s.due_at, t.outcome, t.attested_at,
    ARRAY(SELECT f.kind FROM centre.findings f
      WHERE f.tenant_id = b.tenant_id AND f.box_id = b.box_id AND NOT EXISTS (
        SELECT FROM centre.finding_resolutions r
        WHERE (r.tenant_id, r.box_id, r.finding_id) = (f.tenant_id, f.box_id, f.finding_id))
    ) AS open_kinds
  FROM centre.boxes b
  LEFT JOIN centre.origins o ON (o.tenant_id, o.box_id) = (b.tenant_id, b.box_id)
    AND o.closed_at IS NULL
  LEFT JOIN centre.schedules s ON (s.tenant_id, s.box_id) = (b.tenant_id, b.box_id)
  LEFT JOIN LATERAL (SELECT a.outcome, a.attested_at FROM centre.attestations a
    WHERE (a.tenant_id, a.box_id) = (b.tenant_id, b.box_id)
    ORDER BY a.attested_at DESC, a.attestation_id DESC LIMIT 1) t ON true`

/** By identifier; `after` is the last one of the page before. */
export async function listFleet(
  client: Client,
  tenantId: string,
  limit: number,
  after = '',
): Promise<FleetEntry[]> {
  const { rows } = await client.query<FleetRow>(
    `${SELECT} WHERE b.tenant_id = $1 AND b.box_id > $3 ORDER BY b.box_id LIMIT $2`,
    [tenantId, limit, after],
  )
  return rows.map(entryOf)
}

export async function fleetEntry(
  client: Client,
  { tenantId, boxId }: BoxKey,
): Promise<FleetEntry | undefined> {
  const { rows } = await client.query<FleetRow>(
    `${SELECT} WHERE b.tenant_id = $1 AND b.box_id = $2`,
    [tenantId, boxId],
  )
  return rows[0] && entryOf(rows[0])
}

function entryOf(row: FleetRow): FleetEntry {
  const at = (size: number | null, date: Date | null) =>
    size === null || date === null ? null : { size, atMs: ms(date) }
  return {
    tenantId: row.tenant_id,
    boxId: row.box_id,
    name: row.name,
    origin: row.origin,
    isWitnessedOnly: row.witness_only,
    lastHead: at(row.witnessed_size, row.witnessed_at),
    lastShipment: at(row.audited_size, row.audited_at),
    nextDeadlineMs: ms(row.due_at),
    attestation:
      row.outcome === null || row.attested_at === null
        ? null
        : { outcome: row.outcome, atMs: ms(row.attested_at) },
    openKinds: row.open_kinds,
  }
}
