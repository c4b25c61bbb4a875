import type { Client } from '@probant/postgres'
import { instant, keyOf, ms, type BoxKey } from './rows.ts'

/** What a timeline is made of. */
export const TIMELINE_TYPES = [
  'head',
  'shipment',
  'deadline',
  'finding',
  'maintenance',
  'attestation',
  'enrolment',
] as const
export type TimelineType = (typeof TIMELINE_TYPES)[number]

/** One thing that happened to a box. */
export interface TimelineEvent {
  atMs: number
  /** Unique within the box, and the same however often it is read. */
  id: string
  type: TimelineType
  data: Readonly<Record<string, string | number | null>>
}

/** Events before a place in the timeline, within a stretch of time. */
export interface TimelineSpan {
  /** Newer than this is in the future: announced, not happened. */
  nowMs: number
  before: { atMs: number; id: string } | undefined
  fromMs: number | null
  untilMs: number | null
}

const OF_BOX = 'tenant_id = $1 AND box_id = $2'

/** Small tables, each row an event or two. `data` holds what the event tells, by the names that the API gives it. */
const sources: Readonly<Record<Exclude<TimelineType, 'head' | 'shipment'>, string>> = {
  finding: `
    SELECT raised_at AS at, 'finding/raised/' || finding_id AS id,
      jsonb_build_object('event', 'raised', 'finding', finding_id) AS data
    FROM centre.findings WHERE ${OF_BOX}
    UNION ALL
    SELECT resolved_at, 'finding/resolved/' || finding_id,
      jsonb_build_object('event', 'resolved', 'finding', finding_id)
    FROM centre.finding_resolutions WHERE ${OF_BOX}`,
  deadline: `
    SELECT due_at, 'deadline/' || extract(epoch FROM due_at)::bigint,
      jsonb_build_object('outcome', outcome, 'windowOpenedAtMs', extract(epoch FROM window_opened_at) * 1000,
        'expectedSize', expected_size, 'auditedSize', audited_size)
    FROM centre.deadlines WHERE ${OF_BOX}`,
  maintenance: `
    SELECT m.at, 'maintenance/' || m.event || '/' || maintenance_id,
      jsonb_build_object('event', m.event, 'maintenance', maintenance_id, 'reason', reason,
        'startsAtMs', extract(epoch FROM starts_at) * 1000, 'endsAtMs', extract(epoch FROM ends_at) * 1000)
    FROM centre.maintenance_windows, LATERAL (VALUES ('announced', announced_at), ('cancelled', cancelled_at),
      ('begun', CASE WHEN cancelled_at IS NULL OR cancelled_at > starts_at THEN starts_at END),
      ('ended', CASE WHEN cancelled_at IS NULL THEN ends_at END)) AS m (event, at)
    WHERE ${OF_BOX} AND m.at IS NOT NULL`,
  attestation: `
    SELECT attested_at, 'attestation/' || attestation_id, jsonb_build_object('outcome', outcome)
    FROM centre.attestations WHERE ${OF_BOX}`,
  enrolment: `
    SELECT enrolled_at, 'enrolment/' || box_id, jsonb_build_object('event', 'enrolled')
    FROM centre.boxes WHERE ${OF_BOX}
    UNION ALL
    SELECT opened_at, 'enrolment/opened/' || origin, jsonb_build_object('event', 'opened', 'origin', origin)
    FROM centre.origins WHERE ${OF_BOX}
    UNION ALL
    SELECT closed_at, 'enrolment/closed/' || origin, jsonb_build_object('event', 'closed', 'origin', origin)
    FROM centre.origins WHERE ${OF_BOX} AND closed_at IS NOT NULL
    UNION ALL
    SELECT replaced_at, 'enrolment/key/' || origin || '/' || until_size,
      jsonb_build_object('event', 'key-replaced', 'origin', origin, 'size', until_size)
    FROM centre.former_journal_keys WHERE ${OF_BOX}`,
}

interface EventRow {
  at: Date
  id: string
  data: Record<string, string | number | null>
}

/** Events of the small tables, newest first. */
export async function listEvents(
  client: Client,
  box: BoxKey,
  types: readonly TimelineType[],
  { nowMs, before, fromMs, untilMs }: TimelineSpan,
  limit: number,
): Promise<TimelineEvent[]> {
  const chosen = types.filter((type) => type !== 'head' && type !== 'shipment')
  if (chosen.length === 0) return []
  const union = chosen.map((type) => sources[type]).join(' UNION ALL ')
  const { rows } = await client.query<EventRow>(
    `SELECT at, id COLLATE "C" AS id, data FROM (${union}) AS event (at, id, data)
     WHERE at <= $3 AND ($4::timestamptz IS NULL OR (at, id COLLATE "C") < ($4, $5))
       AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
     ORDER BY at DESC, id COLLATE "C" DESC LIMIT $8`,
    [
      ...keyOf(box),
      instant(nowMs),
      instant(before?.atMs ?? null),
      before?.id ?? null,
      instant(fromMs),
      instant(untilMs),
      limit,
    ],
  )
  return rows.map(({ at, id, data }) => ({ atMs: ms(at), id, type: typeOf(id), data }))
}

function typeOf(id: string): TimelineType {
  const [name] = id.split('/')
  const type = TIMELINE_TYPES.find((known) => known === name)
  if (type === undefined) throw new Error(`${id} is no event`)
  return type
}

/** What came at one instant: a head that was cosigned, or a segment that was stored. */
export interface Arrival {
  origin: string
  atMs: number
  /** First trace of a segment; of a head, its size. */
  start: number
  size: number
}

interface ArrivalRow {
  origin: string
  at: Date
  start: number
  size: number
}

/**
 * The newest arrivals of each origin of a box, newest first. Sizes and ordinals only grow, so the primary keys give them in the order
 * of time.
 * @param limit most for each origin
 */
export async function listArrivals(
  client: Client,
  box: BoxKey,
  type: 'head' | 'shipment',
  { fromMs, untilMs }: { fromMs: number | null; untilMs: number | null },
  limit: number,
): Promise<Arrival[]> {
  const [table, at, start, size, order] =
    type === 'head'
      ? ['cosigned_heads', 'cosigned_at', 'size', 'size', 'size DESC, cosigned_at DESC']
      : ['segments', 'received_at', 'start_seq', 'end_seq', 'ordinal DESC']
  const { rows } = await client.query<ArrivalRow>(
    `SELECT o.origin, a.at, a.start, a.size
     FROM centre.origins o, LATERAL (
       SELECT ${at} AS at, ${start} AS start, ${size} AS size FROM centre.${table} t
       WHERE (t.tenant_id, t.box_id, t.origin) = (o.tenant_id, o.box_id, o.origin)
         AND ($3::timestamptz IS NULL OR ${at} >= $3) AND ($4::timestamptz IS NULL OR ${at} < $4)
       ORDER BY ${order} LIMIT $5) a
     WHERE o.${OF_BOX.replace(' AND ', ' AND o.')}`,
    [...keyOf(box), instant(fromMs), instant(untilMs), limit],
  )
  return rows.map(({ origin, at, start, size }) => ({ origin, atMs: ms(at), start, size }))
}
