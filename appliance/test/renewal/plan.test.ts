import t from 'tap'
import { endOf, lapsed, plansOf } from '../../src/renewal/plan.ts'
import { scheduleOf } from '../../src/renewal/schedule.ts'
import { stageOf } from '../../src/renewal/failures.ts'
import type { RecordGroup } from '../../src/store/token-terms.ts'
import { DAY_MS } from './authorities.ts'

const now = Date.UTC(2030, 0, 1)
const group = (days: number, more: Partial<RecordGroup> = {}): RecordGroup => ({
  pathEndsMs: now + days * DAY_MS,
  algorithms: ['sha512', 'sha256', 'ecdsa-p256-sha256'],
  subject: 'CN=tsa',
  algorithm: 'sha512',
  count: 3,
  ...more,
})
const day = (days: number) => new Date(now + days * DAY_MS).toISOString().slice(0, 10)

void t.test('what ends within the lead time is renewed over its last time-stamp', (t) => {
  const schedule = scheduleOf(undefined)
  const plans = plansOf([group(91), group(89), group(40), group(-1)], schedule, now)
  t.match(plans, [
    { kind: 'time-stamp-renewal', algorithm: 'sha512', records: 6, endsMs: now + 40 * DAY_MS },
  ])
  t.equal(plans.length, 1)
  t.equal(lapsed([group(91), group(-1)], schedule, now).length, 1)
  t.match(plansOf([group(500), group(-1)], schedule, now, true), [{ records: 3 }], 'all of it')
  t.end()
})

void t.test(
  'a retired signature needs a new token, a retired digest of the tree a new tree',
  (t) => {
    const sha256 = scheduleOf({ retired: { sha256: day(60) } })
    t.equal(endOf(group(900), sha256), now + 60 * DAY_MS)
    t.match(plansOf([group(900)], sha256, now), [
      { kind: 'time-stamp-renewal', algorithm: 'sha512' },
    ])
    const sha512 = scheduleOf({ retired: { sha512: day(60) } })
    t.match(plansOf([group(900)], sha512, now), [
      { kind: 'hash-tree-renewal', algorithm: 'sha3-512' },
    ])
    const renewed = group(900, { algorithm: 'sha3-512', algorithms: ['sha3-512'] })
    t.same(plansOf([renewed], sha512, now), [])
    const both = scheduleOf({ retired: { sha512: day(60), 'sha3-512': day(80) }, leadDays: 90 })
    t.match(plansOf([group(900)], both, now), [{ algorithm: undefined }], 'no digest is left')
    t.match(
      plansOf([group(30, { algorithm: 'sha384' })], scheduleOf({ leadDays: 30 }), now),
      [{ kind: 'hash-tree-renewal', algorithm: 'sha512' }],
      'of a digest that no tree has here',
    )
    t.end()
  },
)

void t.test('a failure is early, near or over', (t) => {
  const lead = 90 * DAY_MS
  t.equal(stageOf(now + 31 * DAY_MS, lead, now), 'early')
  t.equal(stageOf(now + 30 * DAY_MS, lead, now), 'near')
  t.equal(stageOf(now, lead, now), 'over')
  t.end()
})
