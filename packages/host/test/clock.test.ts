import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { ManualClock, formatTime, parseTime, systemClock, systemRandomness } from '../src/index.ts'

await t.test('the system clock agrees with the kernel', async (t) => {
  // /proc/uptime counts hundredths
  const uptimeMs = () => Number(readFileSync('/proc/uptime', 'ascii').split(' ')[0]) * 1000
  const earliestMs = uptimeMs() - 10
  const readMs = systemClock.monotonicMs()
  t.ok(Number.isInteger(readMs))
  t.ok(readMs >= earliestMs && readMs <= uptimeMs() + 10, `${readMs} since ${earliestMs}`)
  t.match(systemClock.bootId(), /^[0-9a-f]{32}$/)
  const beforeMs = systemClock.monotonicMs()
  await systemClock.sleep(30)
  t.ok(systemClock.monotonicMs() - beforeMs >= 29)
})

await t.test('a sleep ends with its signal, for its reason', async (t) => {
  const reason = new Error('the box is stopping')
  for (const clock of [systemClock, new ManualClock()]) {
    const controller = new AbortController()
    const sleep = clock.sleep(2 ** 40, controller.signal)
    controller.abort(reason)
    await t.rejects(sleep, reason)
    await t.rejects(clock.sleep(10, controller.signal), reason)
  }
})

await t.test('a manual clock wakes sleepers in the order of their time', async (t) => {
  const clock = new ManualClock({ nowMs: 1_000, monotonicMs: 10 })
  const woken: string[] = []
  const note = (name: string) => () => void woken.push(name)
  const late = clock.sleep(200).then(note('late'))
  const early = clock.sleep(100).then(note('early'))
  clock.advance(99)
  await Promise.resolve()
  t.strictSame(woken, [])
  clock.advance(201)
  await Promise.all([late, early])
  t.strictSame(woken, ['early', 'late'])
  t.equal(clock.nowMs(), 1_300)
  t.equal(clock.monotonicMs(), 310)
})

await t.test('running a manual clock lets loops sleep again and again', async (t) => {
  const clock = new ManualClock()
  const startMs = clock.monotonicMs()
  const ticks: number[] = []
  const stop = new AbortController()
  const loop = async () => {
    for (;;) {
      await clock.sleep(60_000, stop.signal)
      ticks.push(clock.monotonicMs() - startMs)
    }
  }
  const running = loop()
  await clock.run(200_000)
  stop.abort(new Error('enough'))
  await t.rejects(running, { message: 'enough' })
  t.strictSame(ticks, [60_000, 120_000, 180_000])
  t.equal(clock.monotonicMs() - startMs, 200_000)
})

await t.test('the wall clock and the boot change without the other', (t) => {
  const clock = new ManualClock({ nowMs: 5_000, monotonicMs: 70 })
  clock.set(1_000)
  t.equal(clock.nowMs(), 1_000)
  t.equal(clock.monotonicMs(), 70)
  clock.reboot('f'.repeat(32))
  t.equal(clock.monotonicMs(), 0)
  t.equal(clock.bootId(), 'f'.repeat(32))
  t.throws(() => clock.advance(-1), RangeError)
  t.end()
})

await t.test('instants have one spelling each', (t) => {
  t.equal(formatTime(0), '1970-01-01T00:00:00.000Z')
  t.equal(parseTime('2026-10-25T01:30:00.250Z'), Date.UTC(2026, 9, 25, 1, 30, 0, 250))
  const range = { min: Date.parse('0000-01-01T00:00:00.000Z'), max: Date.UTC(9999, 11, 31) }
  fc.assert(fc.property(fc.integer(range), (ms) => parseTime(formatTime(ms)) === ms))
  const refused = [
    '2026-02-30T00:00:00.000Z',
    '2026-02-03T00:00:00Z',
    '2026-02-03T00:00:00.000+00:00',
    '2026-02-03 00:00:00.000Z',
    '2026-02-03T24:00:00.000Z',
    '2016-12-31T23:59:60.000Z',
    '+012026-02-03T00:00:00.000Z',
    '2026-02-03T00:00:00.000Z\n',
    '',
  ]
  for (const text of refused) t.throws(() => parseTime(text), { code: 'bad-time' }, text)
  for (const ms of [0.5, Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(10_000, 0), 9e15])
    t.throws(() => formatTime(ms), { code: 'bad-time' }, String(ms))
  t.end()
})

await t.test('randomness has the asked shape', (t) => {
  t.equal(systemRandomness.bytes(32).length, 32)
  t.notSame(systemRandomness.bytes(16), systemRandomness.bytes(16))
  t.match(
    systemRandomness.uuid(),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  t.end()
})
