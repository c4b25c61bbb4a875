import type { Shaped } from '@probant/web/browser'
import { number, oneOf, optional, pageOf, record, text } from '@probant/web/browser'

/** The timeline as the centre tells it: which fields an event has depends on its type. */
export const eventTypes = [
  'head',
  'shipment',
  'deadline',
  'finding',
  'maintenance',
  'attestation',
  'enrolment',
] as const
export type EventType = (typeof eventTypes)[number]

const eventShape = record({
  id: text,
  at: text,
  type: oneOf(...eventTypes),
  event: optional(text),
  outcome: optional(text),
  origin: optional(text),
  count: optional(number),
  from: optional(number),
  size: optional(number),
  since: optional(text),
  expectedSize: optional(number),
  auditedSize: optional(number),
  windowOpenedAt: optional(text),
  startsAt: optional(text),
  endsAt: optional(text),
  reason: optional(text),
  finding: optional(text),
  kind: optional(text),
  severity: optional(oneOf('warning', 'alert')),
  sentence: optional(record({ fr: text, en: text })),
})
export type TimelineEvent = Shaped<typeof eventShape>
export const eventPage = pageOf(eventShape)

/** What is asked for: some types, and days of the reader's own calendar (`YYYY-MM-DD`, or empty). */
export interface Filter {
  types: readonly EventType[]
  fromDay: string
  untilDay: string
}

export function timelineAddress(box: string, filter: Filter, cursor: string | undefined): string {
  const query = new URLSearchParams({ limit: '50' })
  if (filter.types.length > 0) query.set('types', filter.types.join(','))
  if (filter.fromDay !== '') query.set('from', startOf(filter.fromDay, 0))
  if (filter.untilDay !== '') query.set('until', startOf(filter.untilDay, 1))
  if (cursor !== undefined) query.set('cursor', cursor)
  return `/api/v1/boxes/${encodeURIComponent(box)}/timeline?${query.toString()}`
}

/** Midnight of the reader, so many days later. */
function startOf(day: string, daysLater: number): string {
  const midnight = new Date(`${day}T00:00`)
  midnight.setDate(midnight.getDate() + daysLater)
  return midnight.toISOString()
}
