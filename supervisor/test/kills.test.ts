import { systemRandomness } from '@probant/host'
import t from 'tap'
import { surviveKills } from './kill/kills.ts'

// Every table that an intake, a finding, a message or a deadline writes to, a message under way, and PostgreSQL itself: once each.
t.setTimeout(300_000)

const given = process.env['PROBANT_KILL_SEED']
const seed =
  given === undefined ? Buffer.from(systemRandomness.bytes(4)).readUInt32BE() : Number(given)

void t.test('the centre is killed between its steps: nothing lost, nothing twice', async (t) => {
  t.comment(`PROBANT_KILL_SEED=${seed}`)
  const kills = Number(process.env['SOAK_KILLS'] ?? 21)
  const report = await surviveKills(kills, seed, ({ kill, held }) =>
    t.ok(held, `killed at ${JSON.stringify(kill)}`),
  )
  t.ok(report.acknowledged > 0, `${report.acknowledged} receipts were given`)
  t.same(report.wrong, [])
})
