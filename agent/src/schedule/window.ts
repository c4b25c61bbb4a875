import { addDays, instantOf, localDateAt, type LocalDate } from '@probant/host'

/** The off-peak hours in which traces are shipped: `HH:MM` to `HH:MM` on the site's clocks, past midnight where end ≤ start. */
export interface OffPeak {
  start: string
  end: string
  /** IANA name, for example `Europe/Paris`. */
  timeZone: string
  /** The shipment starts at a random instant in the first so many seconds of the window. */
  jitterSeconds: number
}

/** One night's window, in UTC instants (milliseconds since 1970). */
export interface Window {
  startMs: number
  endMs: number
}

/** The windows that end after `fromMs` and start at or before `toMs`, oldest first, at most `limit` of them (the newest). */
export function windowsBetween(
  offPeak: OffPeak,
  fromMs: number,
  toMs: number,
  limit = 4000,
): Window[] {
  const windows: Window[] = []
  let day = addDays(localDateAt(toMs, offPeak.timeZone), 1)
  while (windows.length < limit) {
    const window = windowOf(offPeak, day)
    if (window.endMs <= fromMs) break
    if (window.startMs <= toMs) windows.unshift(window)
    day = addDays(day, -1)
  }
  return windows
}

/** The first window that starts after `nowMs`. */
export function nextWindow(offPeak: OffPeak, nowMs: number): Window {
  let day = addDays(localDateAt(nowMs, offPeak.timeZone), -1)
  for (;;) {
    const window = windowOf(offPeak, day)
    if (window.startMs > nowMs) return window
    day = addDays(day, 1)
  }
}

/** Windows that began after `sinceMs` and ended by `nowMs`: nights that should have brought something since. */
export function nightsBetween(offPeak: OffPeak, sinceMs: number, nowMs: number): number {
  return windowsBetween(offPeak, sinceMs, nowMs).filter(
    ({ startMs, endMs }) => startMs > sinceMs && endMs <= nowMs,
  ).length
}

function windowOf(offPeak: OffPeak, day: LocalDate): Window {
  const start = minutesOf(offPeak.start)
  const end = minutesOf(offPeak.end)
  const endDay = end <= start ? addDays(day, 1) : day
  return {
    startMs: instantOf(day, start, offPeak.timeZone, 'in-order'),
    endMs: instantOf(endDay, end, offPeak.timeZone, 'in-order'),
  }
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}
