import { addDays, instantOf, localDateAt, type LocalDate } from '@probant/host'

/** What a box is held to. Times of day are those of its site. */
export interface Schedule {
  /** null: a closed network, no heads are expected. */
  headsEverySeconds: number | null
  /** `HH:MM`. */
  windowStart: string
  /** `HH:MM` on the window's last day; at or before the start it is the next day's. */
  windowEnd: string
  /** How many days a window lasts: 1 is every night; a closed site, whose files are carried, has 56. */
  everyDays: number
  /** IANA name. */
  timeZone: string
  graceMinutes: number
}

/** One shipping window as UTC instants. */
export interface Window {
  opensAtMs: number
  endsAtMs: number
  /** End and grace: later than this, a shipment is missing. */
  dueAtMs: number
}

const MINUTE_MS = 60_000

/** So many heads may be lost one after the other before it is said. */
export const MISSED_HEADS = 5

/** Longest silence of heads, in ms. */
export function headSilenceMs(everySeconds: number): number {
  return MISSED_HEADS * everySeconds * 1000
}

/** The first window that opens at `fromMs` or later. */
export function windowFrom(schedule: Schedule, fromMs: number): Window {
  const today = localDateAt(fromMs, schedule.timeZone)
  for (let days = -1; ; days++) {
    const window = windowOn(schedule, addDays(today, days))
    if (window.opensAtMs >= fromMs) return window
  }
}

/** The window after one that opened at `opensAtMs`. A day that a zone's calendar left out has none of its own. */
export function windowAfter(schedule: Schedule, opensAtMs: number): Window {
  let day = dayOf(schedule, opensAtMs)
  for (;;) {
    day = addDays(day, schedule.everyDays)
    const window = windowOn(schedule, day)
    if (window.opensAtMs > opensAtMs) return window
  }
}

/**
 * The same window by the rules of time zones that hold now: those under which it was stored may have been others. One that has
 * begun by either keeps the longer of both: nobody is late because of the change.
 */
export function windowAgain(schedule: Schedule, stored: Window, nowMs: number): Window {
  const again = windowOn(schedule, dayOf(schedule, stored.opensAtMs))
  const opensAtMs = Math.min(again.opensAtMs, stored.opensAtMs)
  if (opensAtMs > nowMs) return again
  const endsAtMs = Math.max(again.endsAtMs, stored.endsAtMs)
  return { opensAtMs, endsAtMs, dueAtMs: endsAtMs + schedule.graceMinutes * MINUTE_MS }
}

/** The day whose window opens nearest to an instant. */
function dayOf(schedule: Schedule, opensAtMs: number): LocalDate {
  const day = localDateAt(opensAtMs, schedule.timeZone)
  const distance = (date: LocalDate) => Math.abs(windowOn(schedule, date).opensAtMs - opensAtMs)
  return [addDays(day, -1), addDays(day, 1)].reduce(
    (nearest, other) => (distance(other) < distance(nearest) ? other : nearest),
    day,
  )
}

/**
 * Where a clock change makes a time of day come twice or not at all, the window is the longer of the possible ones: nobody is
 * late because of it.
 */
function windowOn(schedule: Schedule, startDate: LocalDate): Window {
  const { windowStart, windowEnd, everyDays, timeZone, graceMinutes } = schedule
  const start = minutesOf(windowStart)
  const end = minutesOf(windowEnd)
  const endDate = addDays(startDate, end > start ? everyDays - 1 : everyDays)
  const endsAtMs = instantOf(endDate, end, timeZone, 'later')
  return {
    opensAtMs: instantOf(startDate, start, timeZone, 'earlier'),
    endsAtMs,
    dueAtMs: endsAtMs + graceMinutes * MINUTE_MS,
  }
}

function minutesOf(time: string): number {
  const [hours = '', minutes = ''] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}
