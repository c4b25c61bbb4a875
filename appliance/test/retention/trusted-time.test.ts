import { ManualClock } from '@probant/host'
import { KeyError } from '@probant/keys'
import t from 'tap'
import { TrustedTime, type OutsideInstant } from '../../src/retention/trusted-time.ts'

const T0 = Date.UTC(2026, 0, 5, 8)
const HOUR = 3_600_000

function withoutTpm() {
  const clock = new ManualClock({ nowMs: T0 })
  const outside: { newest: OutsideInstant | undefined } = { newest: undefined }
  return { clock, outside, time: new TrustedTime(clock, {}, () => Promise.resolve(outside.newest)) }
}

void t.test('nothing is known until somebody outside stated a time', async (t) => {
  const { clock, outside, time } = withoutTpm()
  clock.advance(HOUR)
  t.equal(await time.now(), undefined)
  outside.newest = { ms: T0, by: 'cosignature' }
  t.same(await time.now(), { atLeastMs: T0, by: 'cosignature', elapsedBy: 'boottime' })
})

void t.test('what elapses within one boot counts, the wall clock never', async (t) => {
  const { clock, outside, time } = withoutTpm()
  outside.newest = { ms: T0, by: 'token' }
  await time.now()
  clock.set(T0 + 1000 * HOUR)
  t.equal((await time.now())?.atLeastMs, T0)
  clock.set(T0 - 1000 * HOUR)
  clock.advance(HOUR)
  t.equal((await time.now())?.atLeastMs, T0 + HOUR)
  clock.reboot('1'.repeat(32))
  clock.advance(5 * HOUR)
  t.equal((await time.now())?.atLeastMs, T0 + HOUR, 'what the new boot had before it was looked at')
  clock.advance(HOUR)
  t.equal((await time.now())?.atLeastMs, T0 + 2 * HOUR)
})

void t.test('a later instant moves it, an earlier one does not', async (t) => {
  const { clock, outside, time } = withoutTpm()
  outside.newest = { ms: T0, by: 'cosignature' }
  await time.now()
  clock.advance(2 * HOUR)
  outside.newest = { ms: T0 + HOUR, by: 'token' }
  t.match(await time.now(), { atLeastMs: T0 + 2 * HOUR, by: 'cosignature' })
  outside.newest = { ms: T0 + 9 * HOUR, by: 'token' }
  t.match(await time.now(), { atLeastMs: T0 + 9 * HOUR, by: 'token' })
  outside.newest = undefined
  clock.advance(HOUR)
  t.match(await time.now(), { atLeastMs: T0 + 10 * HOUR })
  const many = await Promise.all(Array.from({ length: 20 }, () => time.now()))
  t.same(new Set(many.map((each) => each?.atLeastMs)), new Set([T0 + 10 * HOUR]))
})

void t.test('a TPM’s time counts within one power cycle, as far as its rate is sure', async (t) => {
  const clock = new ManualClock({ nowMs: T0 })
  const tpm = { cycle: '4.0', ms: 1000, isAway: false }
  const powerTime = () =>
    tpm.isAway ? Promise.reject(new KeyError('unreachable', 'away')) : Promise.resolve({ ...tpm })
  const newest = () => Promise.resolve<OutsideInstant>({ ms: T0, by: 'cosignature' })
  const time = new TrustedTime(clock, { powerTime }, newest)
  t.match(await time.now(), { atLeastMs: T0, elapsedBy: 'tpm' })
  clock.advance(100 * HOUR)
  tpm.ms += 115 * HOUR
  t.equal((await time.now())?.atLeastMs, T0 + 100 * HOUR, 'fifteen percent less than it shows')
  tpm.ms = 5
  t.equal((await time.now())?.atLeastMs, T0 + 100 * HOUR, 'its time went back')
  Object.assign(tpm, { cycle: '5.0', ms: 500 * HOUR })
  t.equal((await time.now())?.atLeastMs, T0 + 100 * HOUR, 'another cycle')
  tpm.isAway = true
  clock.advance(HOUR)
  t.equal((await time.now())?.atLeastMs, T0 + 100 * HOUR, 'a TPM that does not answer')
})
