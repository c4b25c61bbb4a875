import t from 'tap'
import { liveAYear } from '../../supervisor/test/year/year.ts'

/** Simulated years of a fleet, one after the other: SOAK_YEARS of them, of SOAK_BOXES boxes with a window every SOAK_DAYS days. */
const years = Number(process.env['SOAK_YEARS'] ?? 10)
const boxes = Number(process.env['SOAK_BOXES'] ?? 10)
const everyDays = Number(process.env['SOAK_DAYS'] ?? 7)
const first = Number(process.env['PROBANT_YEAR_SEED'] ?? process.hrtime.bigint() % 2n ** 31n)
t.setTimeout(0)

for (let seed = first; seed < first + years; seed += 1)
  await t.test(`PROBANT_YEAR_SEED=${seed}`, async (t) => {
    const { windows, faults, wrong } = await liveAYear(t, seed, boxes, everyDays)
    t.comment(`${windows} windows, ${faults} findings expected`)
    t.same(wrong, [])
  })
