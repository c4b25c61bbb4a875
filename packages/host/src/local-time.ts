/** A day of a calendar, without a place. */
export interface LocalDate {
  year: number
  /** 1–12. */
  month: number
  day: number
}

const DAY_MS = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether Intl knows a time zone by this IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The calendar day at an instant in a time zone. */
export function localDateAt(atMs: number, timeZone: string): LocalDate {
  const { year, month, day } = fieldsAt(atMs, timeZone)
  return { year, month, day }
}

/** Days later, by the calendar. */
export function addDays({ year, month, day }: LocalDate, days: number): LocalDate {
  const date = new Date(Date.UTC(year, month - 1, day + days))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/**
 * The instant at which clocks in a time zone show a time of day. On the night when an hour comes twice there are two, on the
 * night when an hour is left out there is none: then `pick` says which of the two readings counts, by the offset before the
 * change or by the one after it. `in-order` is the rule of RFC 5545 section 3.3.5: the first of two, and as long after the
 * leap as it would have been, so that two times of one night keep their order.
 * @param minutes after midnight, 0–1439
 * @throws RangeError for a zone that the machine doesn't know
 */
export function instantOf(
  date: LocalDate,
  minutes: number,
  timeZone: string,
  pick: 'earlier' | 'later' | 'in-order',
): number {
  const asIfUtcMs = Date.UTC(date.year, date.month - 1, date.day, 0, minutes)
  const readings = [asIfUtcMs - DAY_MS, asIfUtcMs + DAY_MS].map(
    (nearMs) => asIfUtcMs - offsetAt(nearMs, timeZone),
  )
  const shown = readings.filter((atMs) => atMs + offsetAt(atMs, timeZone) === asIfUtcMs)
  const candidates = shown.length > 0 ? shown : readings
  const isEarlier = pick === 'earlier' || (pick === 'in-order' && shown.length > 0)
  return isEarlier ? Math.min(...candidates) : Math.max(...candidates)
}

/** Local time minus UTC at an instant, in ms. */
function offsetAt(atMs: number, timeZone: string): number {
  const wholeSecondMs = Math.floor(atMs / 1000) * 1000
  const { year, month, day, hour, minute, second } = fieldsAt(wholeSecondMs, timeZone)
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecondMs
}

function fieldsAt(atMs: number, timeZone: string) {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const field = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
  return {
    year: field('year'),
    month: field('month'),
    day: field('day'),
    hour: field('hour'),
    minute: field('minute'),
    second: field('second'),
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}
