import fc from 'fast-check'
import t from 'tap'
import { formatTime } from '@probant/host'
import { windowAfter, windowAgain, windowFrom, type Schedule } from '../src/deadlines/schedule.ts'

const night: Schedule = {
  headsEverySeconds: 60,
  windowStart: '22:00',
  windowEnd: '05:00',
  everyDays: 1,
  timeZone: 'Europe/Paris',
  graceMinutes: 60,
}

/** The window that opens first after an instant, as UTC texts without seconds. */
function window(schedule: Schedule, from: string): string[] {
  const { opensAtMs, endsAtMs, dueAtMs } = windowFrom(schedule, Date.parse(from))
  return [opensAtMs, endsAtMs, dueAtMs].map((atMs) => formatTime(atMs).slice(0, 16))
}

void t.test('ordinary nights, a leap day, the end of a year', (t) => {
  t.same(window(night, '2026-11-21T11:00:00Z'), [
    '2026-11-21T21:00',
    '2026-11-22T04:00',
    '2026-11-22T05:00',
  ])
  t.same(window(night, '2028-02-28T12:00:00Z')[2], '2028-02-29T05:00')
  t.same(window(night, '2028-02-29T12:00:00Z')[2], '2028-03-01T05:00')
  t.same(window(night, '2026-12-31T12:00:00Z')[2], '2027-01-01T05:00')
  t.same(window({ ...night, windowStart: '12:00', windowEnd: '14:00' }, '2026-07-01T00:00:00Z'), [
    '2026-07-01T10:00',
    '2026-07-01T12:00',
    '2026-07-01T13:00',
  ])
  t.end()
})

void t.test('the two nights of Europe/Paris on which clocks change', (t) => {
  t.same(
    window(night, '2026-03-28T12:00:00Z'),
    ['2026-03-28T21:00', '2026-03-29T03:00', '2026-03-29T04:00'],
    'spring: an hour less',
  )
  t.same(
    window(night, '2026-10-24T12:00:00Z'),
    ['2026-10-24T20:00', '2026-10-25T04:00', '2026-10-25T05:00'],
    'autumn: an hour more',
  )
  t.same(
    window({ ...night, windowStart: '01:30', windowEnd: '02:30' }, '2026-03-28T12:00:00Z').slice(
      0,
      2,
    ),
    ['2026-03-29T00:30', '2026-03-29T01:30'],
    'an end that no clock shows is the later reading',
  )
  t.same(
    window({ ...night, windowStart: '02:30', windowEnd: '04:00' }, '2026-03-28T12:00:00Z').slice(
      0,
      2,
    ),
    ['2026-03-29T00:30', '2026-03-29T02:00'],
    'a start that no clock shows is the earlier one',
  )
  t.same(
    window({ ...night, windowStart: '02:30', windowEnd: '02:45' }, '2026-10-24T12:00:00Z').slice(
      0,
      2,
    ),
    ['2026-10-25T00:30', '2026-10-25T01:45'],
    'times that come twice make the longer window',
  )
  t.end()
})

void t.test('other rules: half an hour, the other half of the world', (t) => {
  const lordHowe = { ...night, timeZone: 'Australia/Lord_Howe' }
  t.same(window(lordHowe, '2026-04-04T00:00:00Z').slice(0, 2), [
    '2026-04-04T11:00',
    '2026-04-04T18:30',
  ])
  t.same(
    window({ ...night, timeZone: 'America/New_York' }, '2026-06-01T12:00:00Z')[0],
    '2026-06-02T02:00',
  )
  t.end()
})

void t.test('for ten years and any window: later than the one before, about a day apart', (t) => {
  const time = fc
    .record({ hour: fc.nat(23), minute: fc.nat(59) })
    .map(
      ({ hour, minute }) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`,
    )
  const zone = fc.constantFrom(
    'Europe/Paris',
    'America/New_York',
    'Asia/Kolkata',
    'UTC',
    'Pacific/Auckland',
  )
  fc.assert(
    fc.property(time, time, zone, (windowStart, windowEnd, timeZone) => {
      const schedule = { ...night, windowStart, windowEnd, timeZone }
      let current = windowFrom(schedule, Date.UTC(2026, 0, 1))
      for (let day = 0; day < 3650; day += 1) {
        const next = windowAfter(schedule, current.opensAtMs)
        const hours = (next.opensAtMs - current.opensAtMs) / 3_600_000
        if (hours < 22 || hours > 26 || current.endsAtMs < current.opensAtMs) return false
        current = next
      }
      return true
    }),
    { numRuns: 12 },
  )
  t.end()
})

void t.test('eight weeks of a closed site, over a clock change and the end of a year', (t) => {
  const closed = { ...night, headsEverySeconds: null, everyDays: 56 }
  t.same(window(closed, '2026-10-01T12:00:00Z'), [
    '2026-10-01T20:00',
    '2026-11-26T04:00',
    '2026-11-26T05:00',
  ])
  const second = windowAfter(closed, Date.parse('2026-10-01T20:00:00Z'))
  t.equal(formatTime(second.opensAtMs).slice(0, 16), '2026-11-26T21:00')
  t.equal(formatTime(second.endsAtMs).slice(0, 16), '2027-01-21T04:00')
  t.same(
    window({ ...closed, windowStart: '08:00', windowEnd: '18:00' }, '2028-01-10T12:00:00Z'),
    ['2028-01-11T07:00', '2028-03-06T17:00', '2028-03-06T18:00'],
    'a leap day is one of the days',
  )
  t.end()
})

void t.test('rules of a zone that changed since a window was stored', (t) => {
  const minutes = (count: number) => count * 60_000
  const now = Date.UTC(2026, 5, 1, 12)
  const right = windowFrom(night, now)
  const moved = (by: number) => ({
    opensAtMs: right.opensAtMs + by,
    endsAtMs: right.endsAtMs + by,
    dueAtMs: right.dueAtMs + by,
  })
  for (const by of [0, 60, -60, 30, -180, 11 * 60])
    t.same(windowAgain(night, moved(minutes(by)), now), right, `${by} minutes`)
  const begun = right.opensAtMs + minutes(5)
  t.same(
    windowAgain(night, moved(minutes(60)), begun),
    { ...moved(minutes(60)), opensAtMs: right.opensAtMs },
    'one that has begun is as long as either',
  )
  const longer = windowAgain(night, moved(minutes(-60)), begun)
  t.same(longer, { ...right, opensAtMs: right.opensAtMs - minutes(60) })
  t.same(windowAgain(night, longer, begun), longer, 'the next start changes nothing')
  t.end()
})

/** Zones with odd offsets, clock changes by half an hour, changes at midnight, and changes of their rules. */
const ZONES = [
  'Africa/Casablanca',
  'America/Caracas',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Kathmandu',
  'Asia/Pyongyang',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Europe/Istanbul',
  'Europe/Paris',
  'Europe/Volgograd',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Pacific/Marquesas',
]

const clocks = new Map<string, Intl.DateTimeFormat>()

/** What a clock on the wall shows, as if it were UTC. */
function shownAt(atMs: number, timeZone: string): number {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  clocks.set(timeZone, clock)
  return Date.parse(`${clock.format(atMs).replace(' ', 'T')}Z`)
}

/**
 * Minute by minute: when the clock shows a time; both instants where it shows it twice; where it leaps over it, as long before
 * and after the leap as the time is from its ends.
 */
function readings(shownMs: number, timeZone: string): { first: number; last: number } {
  const from = shownMs - 27 * 3_600_000
  const found: number[] = []
  let before = shownAt(from, timeZone)
  let leap: { first: number; last: number } | undefined
  for (let atMs = from; atMs <= shownMs + 27 * 3_600_000; atMs += 60_000) {
    const now = shownAt(atMs, timeZone)
    if (now === shownMs) found.push(atMs)
    if (before < shownMs && now > shownMs && now - before > 60_000)
      leap = { first: atMs - (now - shownMs), last: atMs - 60_000 + (shownMs - before) }
    before = now
  }
  const [first] = found
  const last = found.at(-1)
  if (first !== undefined && last !== undefined) return { first, last }
  if (leap === undefined) throw new Error(`no reading of ${formatTime(shownMs)} in ${timeZone}`)
  return leap
}

/** Instants around every change of a zone's clock in thirty years, by its offset at noon of each day. */
function changes(timeZone: string): number[] {
  const found: number[] = []
  const offset = (atMs: number) => shownAt(atMs, timeZone) - atMs
  for (let atMs = Date.UTC(2006, 0, 1); atMs < Date.UTC(2036, 0, 1); atMs += 86_400_000)
    if (offset(atMs) !== offset(atMs + 86_400_000)) found.push(atMs)
  return found
}

void t.test('an oracle that looks at a clock every minute, around every kind of change', (t) => {
  const atChange = fc.constantFrom(...ZONES).chain((timeZone) =>
    fc.record({
      timeZone: fc.constant(timeZone),
      fromMs: fc
        .oneof(
          fc.constantFrom(...changes(timeZone), Date.UTC(2027, 11, 31), Date.UTC(2028, 1, 28)),
          fc.integer({ min: Date.UTC(2006, 0, 1), max: Date.UTC(2036, 0, 1) }),
        )
        .chain((nearMs) =>
          fc.integer({ min: -36 * 60, max: 12 * 60 }).map((minutes) => nearMs + minutes * 60_000),
        ),
    }),
  )
  const minuteOfDay = fc.oneof(fc.integer({ min: 0, max: 240 }), fc.nat(1439))
  const text = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  fc.assert(
    fc.property(
      atChange,
      minuteOfDay,
      minuteOfDay,
      fc.constantFrom(1, 2, 56),
      fc.nat(10_080),
      ({ timeZone, fromMs }, start, end, everyDays, graceMinutes) => {
        const [windowStart, windowEnd] = [text(start), text(end)]
        const schedule = { ...night, windowStart, windowEnd, everyDays, timeZone, graceMinutes }
        const found = windowFrom(schedule, fromMs)
        const dayMs = 86_400_000
        const today = Math.floor(shownAt(fromMs, timeZone) / dayMs) * dayMs
        const opening = (day: number) => readings(day + start * 60_000, timeZone).first
        let day = today - dayMs
        while (opening(day) < fromMs) day += dayMs
        const lastDay = day + (end > start ? everyDays - 1 : everyDays) * dayMs
        const endsAtMs = readings(lastDay + end * 60_000, timeZone).last
        const expected = {
          opensAtMs: opening(day),
          endsAtMs,
          dueAtMs: endsAtMs + graceMinutes * 60_000,
        }
        t.same(found, expected, JSON.stringify({ schedule, from: formatTime(fromMs) }))
      },
    ),
    { numRuns: 40 },
  )
  t.end()
})
