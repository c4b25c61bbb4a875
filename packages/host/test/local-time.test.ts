import fc from 'fast-check'
import t from 'tap'
import { addDays, formatTime, instantOf, isTimeZone, localDateAt } from '../src/index.ts'

void t.test('zones that the machine knows', (t) => {
  t.ok(isTimeZone('UTC'))
  t.notOk(isTimeZone('Europe/Nowhere'))
  t.throws(() => localDateAt(0, 'Europe/Nowhere'), RangeError)
  t.end()
})

void t.test('days of a calendar: a leap day, the end of a year, a day left out', (t) => {
  t.same(addDays({ year: 2028, month: 2, day: 28 }, 1), { year: 2028, month: 2, day: 29 })
  t.same(addDays({ year: 2027, month: 1, day: 1 }, -1), { year: 2026, month: 12, day: 31 })
  t.same(localDateAt(Date.parse('2011-12-30T09:59:59Z'), 'Pacific/Apia').day, 29)
  t.same(localDateAt(Date.parse('2011-12-30T10:00:00Z'), 'Pacific/Apia').day, 31)
  t.end()
})

void t.test('times that come twice, and times that never come', (t) => {
  const at = (month: number, day: number, time: string, pick: 'earlier' | 'later' | 'in-order') => {
    const [hours, minutes] = time.split(':').map(Number)
    const since = (hours ?? 0) * 60 + (minutes ?? 0)
    return formatTime(instantOf({ year: 2026, month, day }, since, 'Europe/Paris', pick)).slice(
      11,
      16,
    )
  }
  t.equal(at(10, 25, '02:30', 'earlier'), '00:30')
  t.equal(at(10, 25, '02:30', 'later'), '01:30')
  t.equal(at(10, 25, '02:30', 'in-order'), '00:30')
  t.equal(at(3, 29, '02:30', 'earlier'), '00:30')
  t.equal(at(3, 29, '02:30', 'later'), '01:30')
  t.equal(at(3, 29, '02:30', 'in-order'), '01:30', 'as long after the leap as it would have been')
  t.equal(at(3, 29, '01:59', 'in-order'), '00:59')
  t.equal(at(3, 29, '03:00', 'in-order'), '01:00')
  t.end()
})

void t.test('an instant read back shows the time that was asked for', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3650 }),
      fc.integer({ min: 0, max: 1439 }),
      fc.constantFrom('earlier', 'later', 'in-order'),
      (days, minutes, pick) => {
        const date = localDateAt(Date.UTC(2026, 0, 1, 12) + days * 86_400_000, 'Europe/Paris')
        const atMs = instantOf(date, minutes, 'Europe/Paris', pick)
        const shown = new Intl.DateTimeFormat('fr-FR', {
          timeZone: 'Europe/Paris',
          hour: '2-digit',
          minute: '2-digit',
        }).format(atMs)
        const asked = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
        // the hour that is left out in spring can't be shown
        return (
          shown === asked || (date.month === 3 && date.day >= 25 && minutes >= 120 && minutes < 180)
        )
      },
    ),
    { numRuns: 300 },
  )
  t.end()
})
