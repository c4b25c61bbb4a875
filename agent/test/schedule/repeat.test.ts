import t from 'tap'
import { createLogger, ManualClock, type Randomness } from '@probant/host'
import { Backoff } from '../../src/schedule/backoff.ts'
import { repeat } from '../../src/schedule/repeat.ts'

const middle: Randomness = {
  bytes: (n) => new Uint8Array(n).fill(0x80, 0, 1),
  uuid: () => '00000000-0000-4000-8000-000000000000',
}

await t.test('waiting doubles up to a limit, and begins anew after success', (t) => {
  const backoff = new Backoff(middle, 1000, 6000)
  t.strictSame(
    [1, 2, 3, 4, 5].map(() => backoff.failed()),
    [1000, 2000, 4000, 6000, 6000],
  )
  backoff.succeeded()
  t.equal(backoff.failed(), 1000)
  t.end()
})

await t.test('works when due, retries when it fails, notices a clock that is set', async (t) => {
  const clock = new ManualClock({ nowMs: 0 })
  const stopping = new AbortController()
  const worked: number[] = []
  let failing = 0
  let dueMs = 100_000
  const running = repeat({
    what: 'work',
    dueMs: () => dueMs,
    work: () => {
      worked.push(clock.nowMs())
      if (failing-- > 0) return Promise.reject(new Error('not now'))
      dueMs += 100_000
      return Promise.resolve()
    },
    firstRetryMs: 1000,
    longestRetryMs: 10_000,
    stopping: stopping.signal,
    clock,
    randomness: middle,
    logger: createLogger({ component: 'test', level: 'silent' }),
  })
  await clock.run(150_000)
  t.strictSame(worked, [100_000])
  failing = 2
  await clock.run(60_000)
  t.strictSame(worked, [100_000, 200_000, 201_000, 203_000])
  clock.set(1_000_000)
  await clock.run(30_000)
  t.ok((worked[4] ?? 0) >= 1_000_000, 'within half a minute')
  stopping.abort()
  await running
})
