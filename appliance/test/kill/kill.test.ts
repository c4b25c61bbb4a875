import t from 'tap'
import { surviveKills } from './kills.ts'

const KILLS = 20
const seed = Number(process.env['PROBANT_KILL_SEED'] ?? process.hrtime.bigint() % 2n ** 31n)

// a machine under load takes its time to start processes
t.setTimeout(300_000)

void t.test(
  `no kill loses an acknowledged deposit or leaves half of another (PROBANT_KILL_SEED=${seed})`,
  async (t) => {
    const { kills, deposits, wrong } = await surviveKills(KILLS, seed, ({ round, ...result }) => {
      const { underLoad, inRecovery } = round
      const named = [underLoad, inRecovery].flatMap((kill) =>
        kill === undefined ? [] : `${kill.moment} ${kill.step} (${kill.call})`,
      )
      t.same(result.wrong, [], `killed ${named.join(', then in recovery ')}`)
      t.comment(`${result.acknowledged} acknowledged`)
    })
    t.same(wrong, [], 'everything acknowledged is there, verifies, and nothing else is')
    t.equal(kills, KILLS)
    t.ok(deposits > KILLS, `${deposits} deposits`)
  },
)
