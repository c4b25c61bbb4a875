import type { Client } from '@probant/postgres'
import type { BoxKey } from '../store/rows.ts'
import {
  listArrivals,
  listEvents,
  type Arrival,
  type TimelineEvent,
  type TimelineSpan,
  type TimelineType,
} from '../store/timeline.ts'

const HOUR_MS = 3_600_000

/** Most arrivals of one origin that are read for a page: a head a second for an hour, and more. */
const ARRIVALS = 4000

/** A page of a timeline, newest first, and where the next one begins. */
export interface TimelinePage {
  events: TimelineEvent[]
  next: { atMs: number; id: string } | undefined
}

/** What happened to a box. Heads and segments come in numbers: those of one hour are one event, at the newest of them. */
export async function readTimeline(
  client: Client,
  box: BoxKey,
  types: readonly TimelineType[],
  span: TimelineSpan,
  limit: number,
): Promise<TimelinePage> {
  const events = await listEvents(client, box, types, span, limit + 1)
  let knownFromMs = -Infinity
  for (const type of ['head', 'shipment'] as const) {
    if (!types.includes(type)) continue
    const hours = await hoursOf(client, box, type, span)
    knownFromMs = Math.max(knownFromMs, hours.knownFromMs)
    events.push(...hours.events)
  }
  const sorted = events.filter((event) => isBefore(event, span.before)).sort(newestFirst)
  const complete = sorted.filter(({ atMs }) => atMs >= knownFromMs)
  const shown = complete.slice(0, limit)
  const last = shown.at(-1)
  if (complete.length > limit && last !== undefined)
    return { events: shown, next: { atMs: last.atMs, id: last.id } }
  // beyond here not all was read yet
  const isAll = knownFromMs === -Infinity
  return { events: shown, next: isAll ? undefined : { atMs: knownFromMs, id: '' } }
}

/** @returns the arrivals by the hour, and from when on they are all of them */
async function hoursOf(
  client: Client,
  box: BoxKey,
  type: 'head' | 'shipment',
  { before, fromMs, untilMs }: TimelineSpan,
): Promise<{ events: TimelineEvent[]; knownFromMs: number }> {
  // the whole hour that holds the place where the page before ended: its event was there, or comes now, but whole
  const until = Math.min(untilMs ?? Infinity, before === undefined ? Infinity : endOfHour(before))
  const span = { fromMs, untilMs: until === Infinity ? null : until }
  const arrivals = await listArrivals(client, box, type, span, ARRIVALS)
  const events: TimelineEvent[] = []
  let knownFromMs = -Infinity
  for (const [origin, all] of Map.groupBy(arrivals, (arrival) => arrival.origin)) {
    const hours = [...Map.groupBy(all, ({ atMs }) => hourOf(atMs))]
    const oldest = hours.at(-1)
    // the oldest hour may have begun before what was read
    if (all.length === ARRIVALS && hours.length > 1 && oldest !== undefined) {
      hours.pop()
      knownFromMs = Math.max(knownFromMs, oldest[0] + HOUR_MS)
    }
    for (const [hourMs, within] of hours) events.push(eventOf(type, origin, hourMs, within))
  }
  return { events, knownFromMs }
}

function eventOf(
  type: 'head' | 'shipment',
  origin: string,
  hourMs: number,
  arrivals: readonly Arrival[],
): TimelineEvent {
  const times = arrivals.map(({ atMs }) => atMs)
  return {
    atMs: Math.max(...times),
    id: `${type}/${origin}/${hourMs}`,
    type,
    data: {
      origin,
      sinceMs: Math.min(...times),
      count: arrivals.length,
      from: Math.min(...arrivals.map(({ start }) => start)),
      size: Math.max(...arrivals.map(({ size }) => size)),
    },
  }
}

/** A place without an event is where reading stopped, between two hours. */
const endOfHour = ({ atMs, id }: { atMs: number; id: string }) =>
  id === '' ? atMs : hourOf(atMs) + HOUR_MS

const hourOf = (atMs: number) => Math.floor(atMs / HOUR_MS) * HOUR_MS

function isBefore(event: TimelineEvent, before: TimelineSpan['before']): boolean {
  if (before === undefined) return true
  return event.atMs < before.atMs || (event.atMs === before.atMs && event.id < before.id)
}

function newestFirst(a: TimelineEvent, b: TimelineEvent): number {
  if (a.atMs !== b.atMs) return b.atMs - a.atMs
  return a.id < b.id ? 1 : -1
}
