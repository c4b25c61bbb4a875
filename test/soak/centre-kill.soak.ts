import { surviveKills } from '../../supervisor/test/kill/kills.ts'

/** 500 kills of the supervision centre and of its PostgreSQL, between any two steps; SOAK_KILLS asks for another number. */
const kills = Number(process.env['SOAK_KILLS'] ?? 500)
const seed = Number(process.env['PROBANT_KILL_SEED'] ?? process.hrtime.bigint() % 2n ** 31n)

process.stdout.write(`PROBANT_KILL_SEED=${seed}\n`)
const report = await surviveKills(kills, seed, ({ kill, held }) =>
  process.stdout.write(`${JSON.stringify({ ...kill, held })}\n`),
)
for (const wrong of report.wrong) process.stdout.write(`${wrong}\n`)
const { held, acknowledged, wrong } = report
process.stdout.write(
  `${kills} kills, ${held} where they were meant, ${acknowledged} receipts, ${wrong.length} faults\n`,
)
process.exitCode = wrong.length === 0 ? 0 : 1
