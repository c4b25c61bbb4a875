import { surviveKills } from '../../appliance/test/kill/kills.ts'

/** 500 kills of the vault service, one step after the other, under 16 clients; SOAK_KILLS asks for another number. */
const kills = Number(process.env['SOAK_KILLS'] ?? 500)
const seed = Number(process.env['PROBANT_KILL_SEED'] ?? process.hrtime.bigint() % 2n ** 31n)
let faults = 0

process.stdout.write(`PROBANT_KILL_SEED=${seed}\n`)
const report = await surviveKills(kills, seed, ({ round, wrong, acknowledged }) => {
  faults += wrong.length
  process.stdout.write(`${JSON.stringify({ round, acknowledged, wrong })}\n`)
})
faults += report.wrong.length
for (const wrong of report.wrong) process.stdout.write(`${wrong}\n`)
process.stdout.write(`${report.kills} kills, ${report.deposits} deposits, ${faults} faults\n`)
process.exitCode = faults === 0 && report.kills === kills ? 0 : 1
