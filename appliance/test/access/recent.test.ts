import { ManualClock } from '@probant/host'
import t from 'tap'
import { Recent } from '../../src/access/recent.ts'

await t.test(
  'an answer is recent until something changes, or a tenth of a second passes',
  async (t) => {
    const clock = new ManualClock()
    let changes = 0
    let stored: string | undefined = 'may'
    let lookUps = 0
    const recent = new Recent<string>(clock, () => changes)
    const ask = () =>
      recent.of('somebody', () => {
        lookUps += 1
        return Promise.resolve(stored)
      })
    t.equal(await ask(), 'may')
    t.equal(await ask(), 'may')
    t.equal(lookUps, 1)

    changes += 1
    t.equal(await ask(), 'may', 'a change that has begun is not committed yet')
    stored = 'may not'
    changes += 1
    t.equal(await ask(), 'may not', 'once it has ended, nobody is told the old answer')
    t.equal(lookUps, 3)

    stored = 'changed behind our back'
    t.equal(await ask(), 'may not')
    clock.advance(100)
    t.equal(await ask(), 'changed behind our back')

    stored = undefined
    clock.advance(100)
    t.equal(await ask(), undefined)
    stored = 'here again'
    t.equal(await ask(), 'here again', 'an absence is not remembered')
  },
)

await t.test('an answer that was on its way when a change ended is not kept', async (t) => {
  let changes = 0
  let answer: (value: string) => void = () => undefined
  const recent = new Recent<string>(new ManualClock(), () => changes)
  const old = recent.of('x', () => new Promise<string>((resolve) => (answer = resolve)))
  changes += 2
  answer('before')
  t.equal(await old, 'before')
  t.equal(await recent.of('x', () => Promise.resolve('after')), 'after')
})
