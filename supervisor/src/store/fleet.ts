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

const COLUMNS = `b.tenant_id, b.box_id, b.name, b.witness_only, o.origin, o.witnessed_size, o.witnessed_at,
    o.audited_size, o.audited_at, s.due_at, t.outcome, t.attested_at,
    ARRAY(SELECT f.kind FROM centre.findings f
      WHERE f.tenant_id = b.tenant_id AND f.box_id = b.box_id AND NOT EXISTS (
        SELECT FROM centre.finding_resolutions r
        WHERE (r.tenant_id, r.box_id, r.finding_id) = (f.tenant_id, f.box_id, f.finding_id))
    ) AS open_kinds`

const JOINED = `LEFT JOIN centre.origins o ON (o.tenant_id, o.box_id) = (b.tenant_id, b.box_id)
    AND o.closed_at IS NULL
  LEFT JOIN centre.schedules s ON (s.tenant_id, s.box_id) = (b.tenant_id, b.box_id)
  LEFT JOIN LATERAL (SELECT a.outcome, a.attested_at FROM centre.attestations a
    WHERE (a.tenant_id, a.box_id) = (b.tenant_id, b.box_id)
    ORDER BY a.attested_at DESC, a.attestation_id DESC LIMIT 1) t ON true`

const SELECT = `SELECT ${COLUMNS} FROM centre.boxes b ${JOINED}`

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

/** Open kinds that make up each state; what isn't named is of a later version and makes none. */
export interface StateKinds {
  alert: readonly FindingKind[]
  silent: readonly FindingKind[]
  warning: readonly FindingKind[]
}

/** From the one that needs attention first. */
export const BOX_STATES = ['alert', 'silent', 'warning', 'ok'] as const
export type BoxState = (typeof BOX_STATES)[number]

/** Rank of each box in BOX_STATES. Findings that are open are few beside those that were: they are gathered once. */
const RANKED = `WITH open AS (
    SELECT f.box_id, array_agg(f.kind) AS kinds FROM centre.findings f
    WHERE f.tenant_id = $1 AND NOT EXISTS (SELECT FROM centre.finding_resolutions r
      WHERE (r.tenant_id, r.box_id, r.finding_id) = (f.tenant_id, f.box_id, f.finding_id))
    GROUP BY f.box_id
  ), ranked AS (
    SELECT b.tenant_id, b.box_id, b.name, CASE WHEN o.kinds && $2::text[] THEN 0 WHEN o.kinds && $3::text[] THEN 1
      WHEN o.kinds && $4::text[] THEN 2 ELSE 3 END AS rank
    FROM centre.boxes b LEFT JOIN open o USING (box_id) WHERE b.tenant_id = $1
  )`

const kindsOf = ({ alert, silent, warning }: StateKinds) => [[...alert], [...silent], [...warning]]

/** What is looked for in the fleet. */
export interface FleetQuery {
  kinds: StateKinds
  state: BoxState | undefined
  /** Part of a name or identifier. */
  text: string
  /** The last one of the page before. */
  after: { rank: number; boxId: string } | undefined
}

/** Those that need attention first. */
export async function listByAttention(
  client: Client,
  tenantId: string,
  limit: number,
  { kinds, state, text, after }: FleetQuery,
): Promise<(FleetEntry & { rank: number })[]> {
  const { rows } = await client.query<FleetRow & { rank: number }>(
    `${RANKED}, page AS (
       SELECT tenant_id, box_id, rank FROM ranked
       WHERE ($6::int IS NULL OR rank = $6) AND (strpos(lower(name), lower($7)) > 0 OR strpos(box_id, lower($7)) > 0)
         AND ($8::int IS NULL OR (rank, box_id) > ($8, $9))
       ORDER BY rank, box_id LIMIT $5
     )
     SELECT page.rank, ${COLUMNS} FROM page JOIN centre.boxes b USING (tenant_id, box_id) ${JOINED}
     ORDER BY page.rank, b.box_id`,
    [
      tenantId,
      ...kindsOf(kinds),
      limit,
      state === undefined ? null : BOX_STATES.indexOf(state),
      text,
      after?.rank ?? null,
      after?.boxId ?? null,
    ],
  )
  return rows.map((row) => ({ ...entryOf(row), rank: row.rank }))
}

/** How many boxes are in each state. */
export async function countByState(
  client: Client,
  tenantId: string,
  kinds: StateKinds,
): Promise<Record<BoxState, number>> {
  const { rows } = await client.query<{ rank: number; count: number }>(
    `${RANKED} SELECT rank, count(*)::int AS count FROM ranked GROUP BY rank`,
    [tenantId, ...kindsOf(kinds)],
  )
  const count = (state: BoxState) =>
    rows.find(({ rank }) => rank === BOX_STATES.indexOf(state))?.count ?? 0
  return {
    alert: count('alert'),
    silent: count('silent'),
    warning: count('warning'),
    ok: count('ok'),
  }
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
