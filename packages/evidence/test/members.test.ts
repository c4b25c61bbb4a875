import fc from 'fast-check'
import t from 'tap'
import { Members, timeMs } from '../src/members.ts'

/** The same by the runtime's calendar alone. */
function byDate(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) || new Date(ms).toISOString() !== text ? undefined : ms
}

await t.test('times are what the calendar says, whatever was read before', (t) => {
  const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'))
  const wild = fc
    .tuple(fc.integer({ min: 0, max: 9999 }), two, two, two, two, two, fc.nat(999))
    .map(([year, month, day, hour, minute, second, ms]) => {
      const padded = [String(year).padStart(4, '0'), String(ms).padStart(3, '0')] as const
      return `${padded[0]}-${month}-${day}T${hour}:${minute}:${second}.${padded[1]}Z`
    })
  const real = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
  const edges = fc.constantFrom(
    '2026-02-29T00:00:00.000Z',
    '2024-02-29T23:59:59.999Z',
    '2026-02-30T00:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    '2026-12-31T23:59:60.000Z',
    '0000-01-01T00:00:00.000Z',
    '2026-1-01T00:00:00.000Z',
    '2026-01-01T00:00:00.000z',
  )
  const texts = fc.array(
    fc.oneof(
      wild,
      edges,
      real.map((date) => date.toISOString()),
    ),
  )
  fc.assert(
    fc.property(texts, (all) => {
      for (const text of all) t.equal(timeMs(text), byDate(text), text)
    }),
    { numRuns: 200 },
  )
  t.end()
})

await t.test('members that are not there', (t) => {
  const read = (value: object): Members =>
    new Members({ ...value }, 'malformed-lat', 'lat', ['a', 'b'], ['c'])
  t.throws(() => read({ a: 1, c: 1 }), { code: 'malformed-lat', message: 'member "b" is missing' })
  const members = read({ a: 1, b: 2 })
  t.notOk(members.has('c'))
  t.throws(() => members.value('c'), { code: 'malformed-lat', where: 'lat.c' })
  t.end()
})
