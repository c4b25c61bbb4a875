/** A day of the calendar, without a time zone. */
export interface Day {
  year: number
  /** 1–12 */
  month: number
  /** 1–31 */
  day: number
}

const DAY_MS = 86_400_000

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(timeZone, formatter)
  }
  return formatter
}

/** What a wall clock in the zone shows at an instant, as if it were UTC: milliseconds since 1970. */
function wallMs(instantMs: number, timeZone: string): number {
  const parts = new Map<string, number>()
  for (const { type, value } of formatterOf(timeZone).formatToParts(instantMs))
    parts.set(type, Number(value))
  const field = (name: string) => parts.get(name) ?? 0
  return Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  )
}

/** The zone's calendar day at an instant. @throws RangeError for a zone that the machine doesn't know */
export function dayAt(instantMs: number, timeZone: string): Day {
  const wall = new Date(wallMs(instantMs, timeZone))
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() }
}

/** `days` later (or earlier, negative) on the calendar. */
export function addDays({ year, month, day }: Day, days: number): Day {
  const moved = new Date(Date.UTC(year, month - 1, day + days))
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() }
}

/**
 * The instant at which clocks in the zone show `minutes` after midnight of that day. A time that the clocks show twice
 * (autumn) is the first of both; one that they skip (spring) is as long after the leap as it would have been:
 * the rule of RFC 5545 section 3.3.5, which keeps two times of one night in order.
 */
export function instantOf({ year, month, day }: Day, minutes: number, timeZone: string): number {
  const wall = Date.UTC(year, month - 1, day) + minutes * 60_000
  const before = wall - offsetMs(wall - DAY_MS, timeZone)
  const after = wall - offsetMs(wall + DAY_MS, timeZone)
  const matching = [before, after].filter((instant) => wallMs(instant, timeZone) === wall)
  return matching.length === 0 ? before : Math.min(...matching)
}

function offsetMs(instantMs: number, timeZone: string): number {
  const whole = Math.floor(instantMs / 1000) * 1000
  return wallMs(whole, timeZone) - whole
}
