import { addDays, instantOf, localDateAt, type LocalDate } from '@probant/host'

/** What a box is held to. Times of day are those of its site. */
export interface Schedule {
  /** null: a closed network, no heads are expected. */
  headsEverySeconds: number | null
  /** `HH:MM`. */
  windowStart: string
  /** `HH:MM`; at or before the start it is the next day's. */
  windowEnd: string
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

/** So many heads may be lost one after the other before it is said. */
const MISSED_HEADS = 5

/** Longest silence of heads, in ms. */
export function headSilenceMs(everySeconds: number): number {
  return MISSED_HEADS * everySeconds * 1000
}

/** The first window that opens at `fromMs` or later. */
export function windowFrom(schedule: Schedule, fromMs: number): Window {
  const today = localDateAt(fromMs, schedule.timeZone)
  for (let days = -1; ; days++) {
    const window = windowOn(schedule, days, today)
    if (window.opensAtMs >= fromMs) return window
  }
}

/** The window after one that opened at `opensAtMs`. */
export function windowAfter(schedule: Schedule, opensAtMs: number): Window {
  return windowFrom(schedule, opensAtMs + 60_000)
}

/**
 * Where a clock change makes a time of day come twice or not at all, the window is the longer of the possible ones: nobody is
 * late because of it.
 */
function windowOn(schedule: Schedule, days: number, today: LocalDate): Window {
  const { windowStart, windowEnd, timeZone, graceMinutes } = schedule
  const start = minutesOf(windowStart)
  const end = minutesOf(windowEnd)
  const startDate = addDays(today, days)
  const endDate = end > start ? startDate : addDays(startDate, 1)
  const endsAtMs = instantOf(endDate, end, timeZone, 'later')
  return {
    opensAtMs: instantOf(startDate, start, timeZone, 'earlier'),
    endsAtMs,
    dueAtMs: endsAtMs + graceMinutes * 60_000,
  }
}

function minutesOf(time: string): number {
  const [hours = '', minutes = ''] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}
