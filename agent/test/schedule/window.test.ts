import fc from 'fast-check'
import t from 'tap'
import { formatTime, systemRandomness } from '@probant/host'
import type { Remembered } from '../../src/memory/memory.ts'
import { nextInstant } from '../../src/schedule/instants.ts'
import { ShippingSchedule } from '../../src/schedule/shipping-schedule.ts'
import {
  nextWindow,
  nightsBetween,
  windowsBetween,
  type OffPeak,
} from '../../src/schedule/window.ts'

const PARIS: OffPeak = {
  start: '22:00',
  end: '05:00',
  timeZone: 'Europe/Paris',
  jitterSeconds: 3600,
}
const at = (time: string) => Date.parse(time)
const shown = ({ startMs, endMs }: { startMs: number; endMs: number }) => [
  formatTime(startMs),
  formatTime(endMs),
]
const HOUR_MS = 3_600_000

await t.test('nights of Europe/Paris', (t) => {
  const night = (now: string, offPeak = PARIS) => shown(nextWindow(offPeak, at(now)))
  t.strictSame(
    night('2026-01-05T08:00:00Z'),
    ['2026-01-05T21:00:00.000Z', '2026-01-06T04:00:00.000Z'],
    'winter',
  )
  t.strictSame(
    night('2026-07-05T08:00:00Z'),
    ['2026-07-05T20:00:00.000Z', '2026-07-06T03:00:00.000Z'],
    'summer',
  )
  t.strictSame(
    night('2026-03-28T12:00:00Z'),
    ['2026-03-28T21:00:00.000Z', '2026-03-29T03:00:00.000Z'],
    'the spring night has six hours',
  )
  t.strictSame(
    night('2026-10-24T12:00:00Z'),
    ['2026-10-24T20:00:00.000Z', '2026-10-25T04:00:00.000Z'],
    'the autumn night has eight hours',
  )
  const early = { ...PARIS, start: '02:15', end: '02:45' }
  t.strictSame(
    night('2026-03-28T12:00:00Z', early),
    ['2026-03-29T01:15:00.000Z', '2026-03-29T01:45:00.000Z'],
    'skipped times come as long after the leap',
  )
  t.strictSame(
    night('2026-10-24T12:00:00Z', early),
    ['2026-10-25T00:15:00.000Z', '2026-10-25T00:45:00.000Z'],
    'times shown twice are the first ones',
  )
  t.end()
})

await t.test('elsewhere', (t) => {
  const offPeak = { ...PARIS, timeZone: 'Pacific/Auckland' }
  t.strictSame(shown(nextWindow(offPeak, at('2026-01-05T00:00:00Z'))), [
    '2026-01-05T09:00:00.000Z',
    '2026-01-05T16:00:00.000Z',
  ])
  t.throws(() => nextWindow({ ...PARIS, timeZone: 'Europe/Atlantis' }, 0), RangeError)
  t.end()
})

await t.test('a window per day, never overlapping, whatever the zone and the year', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') }),
      (timeZone, startHour, endHour, fromMs) => {
        const two = (hour: number) => `${String(hour).padStart(2, '0')}:00`
        const offPeak = { ...PARIS, timeZone, start: two(startHour), end: two(endHour) }
        const windows = windowsBetween(offPeak, fromMs, fromMs + 30 * 24 * HOUR_MS)
        for (const [index, window] of windows.entries()) {
          const next = windows[index + 1]
          if (window.endMs < window.startMs) return false
          if (next === undefined) continue
          if (next.startMs < window.endMs - HOUR_MS) return false
          const apart = next.startMs - window.startMs
          if (apart < 23 * HOUR_MS || apart > 25 * HOUR_MS) return false
        }
        return windows.length >= 30 && windows.length <= 32
      },
    ),
  )
  t.equal(nightsBetween(PARIS, at('2026-01-01T12:00:00Z'), at('2026-01-04T12:00:00Z')), 3)
  t.equal(nightsBetween(PARIS, at('2026-01-01T22:00:00Z'), at('2026-01-04T02:00:00Z')), 1)
  t.end()
})

await t.test('when the next shipment is due', (t) => {
  const remembered = (change: Partial<Remembered>): Remembered => ({
    format: 1,
    origin: 'box-7/1',
    sinceMs: at('2026-01-01T12:00:00Z'),
    witnessed: null,
    receipt: null,
    shippedAtMs: null,
    ...change,
  })
  const schedule = new ShippingSchedule(PARIS, systemRandomness)
  const due = (now: string, change: Partial<Remembered> = {}) =>
    schedule.dueMs(at(now), remembered(change))
  const shippedAt = (time: string) => ({ shippedAtMs: at(time) })

  const tonight = due('2026-01-01T12:00:00Z')
  t.ok(tonight >= at('2026-01-01T21:00:00Z') && tonight <= at('2026-01-01T22:00:00Z'), 'jittered')
  t.equal(due('2026-01-01T13:00:00Z'), tonight, 'and drawn once')
  const nights = new Set<number>()
  for (let day = 1; day <= 9; day++)
    nights.add(due(`2026-02-0${day}T12:00:00Z`, shippedAt(`2026-02-0${day}T12:00:00Z`)) % HOUR_MS)
  t.ok(nights.size > 3, 'anew each night')
  t.ok(due('2026-01-02T12:00:00Z') <= at('2026-01-02T12:00:00Z'), 'a missed window at once')
  t.ok(due('2026-01-02T03:59:00Z') <= at('2026-01-02T03:59:00Z'), 'late in the window at once')
  t.ok(due('2026-01-01T23:30:00Z', shippedAt('2026-01-01T21:30:00Z')) > at('2026-01-02T20:00:00Z'))
  t.ok(
    due('2026-01-01T22:30:00Z', shippedAt('2026-01-01T20:30:00Z')) <= at('2026-01-01T22:30:00Z'),
    'what was shipped before the window does not count for it',
  )
  t.ok(
    due('2026-01-02T22:30:00Z', shippedAt('2027-01-01T00:00:00Z')) <= at('2026-01-02T22:30:00Z'),
    'nor what was shipped in the future',
  )
  t.ok(
    due('2026-01-02T22:30:00Z', { sinceMs: at('2027-01-01T00:00:00Z') }) <=
      at('2026-01-02T22:30:00Z'),
    'a first start in the future silences nothing',
  )
  t.end()
})

await t.test('instants of heads', (t) => {
  t.equal(nextInstant(at('2026-01-01T12:00:00Z'), 60), at('2026-01-01T12:01:00Z'))
  t.equal(nextInstant(at('2026-01-01T12:00:59.999Z'), 60), at('2026-01-01T12:01:00Z'))
  t.equal(
    nextInstant(at('2026-01-01T23:55:00Z'), 7000),
    at('2026-01-02T00:00:00Z'),
    'anew each day',
  )
  t.end()
})
