import { systemRandomness } from '@probant/host'
import t from 'tap'
import { liveAYear } from './year/year.ts'

// Windows of three weeks, so that a year is short; `npm run soak -- year` lives through years of shorter ones.
t.setTimeout(300_000)

const given = process.env['PROBANT_YEAR_SEED']
const seed =
  given === undefined ? Buffer.from(systemRandomness.bytes(4)).readUInt32BE() : Number(given)

void t.test(
  'a year of a fleet: every fault is told at its instant, and nothing else',
  async (t) => {
    t.comment(`PROBANT_YEAR_SEED=${seed}`)
    const { windows, faults, wrong } = await liveAYear(t, seed, 4, 21)
    t.comment(`${windows} windows, ${faults} findings expected`)
    t.ok(faults > 10)
    t.same(wrong, [])
  },
)
