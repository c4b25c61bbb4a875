import t from 'tap'
import { ManualClock, Pace } from '../src/index.ts'

/** Whether it resolves before the clock moves on. */
async function isPast(work: Promise<void>): Promise<boolean> {
  let past = false
  void work.then(() => (past = true))
  for (let turns = 0; turns < 5; turns++) await Promise.resolve()
  return past
}

const MIB = 1024 * 1024

void t.test('a rate holds over any stretch', async (t) => {
  const clock = new ManualClock()
  const pace = new Pace(clock, 10)
  t.ok(await isPast(pace.took(9 * MIB)), 'a second’s worth at once')
  const second = pace.took(11 * MIB)
  t.notOk(await isPast(second))
  clock.advance(999)
  t.notOk(await isPast(second))
  clock.advance(1)
  t.ok(await isPast(second))
  clock.advance(60_000)
  t.ok(await isPast(pace.took(10 * MIB)))
  t.notOk(await isPast(pace.took(10 * MIB)), 'an idle minute isn’t made up for')
})

void t.test('without a rate it never waits, and ends when it is stopped', async (t) => {
  const stopping = new AbortController()
  const free = new Pace(new ManualClock(), undefined, stopping.signal)
  t.ok(await isPast(free.took(1000 * MIB)))
  const clock = new ManualClock()
  const held = new Pace(clock, 1, stopping.signal)
  const waiting = held.took(100 * MIB)
  stopping.abort(new Error('interrupted'))
  await t.rejects(waiting, /interrupted/)
  await t.rejects(free.took(1), /interrupted/)
})
