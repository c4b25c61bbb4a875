import fc from 'fast-check'
import t from 'tap'
import { formatTime } from '@probant/host'
import { windowAfter, windowFrom, type Schedule } from '../src/deadlines/schedule.ts'

const night: Schedule = {
  headsEverySeconds: 60,
  windowStart: '22:00',
  windowEnd: '05:00',
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
