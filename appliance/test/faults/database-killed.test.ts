import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { depositUntilGone, type Answers } from '../kill/clients.ts'
import { Inspection } from '../kill/inspection.ts'
import { seeded } from '../kill/plan.ts'
import { anchorsOf, proveReceipt } from '../kill/proving.ts'
import { staff } from '../world.ts'
import { BoxWithServer } from './own-server.ts'

const own = await BoxWithServer.make()
const { identity } = own
const anchors = anchorsOf({ identity })
t.setTimeout(180_000)
t.teardown(() => own.remove())

void t.test(
  'the database server is killed under 16 clients: what was acknowledged is there',
  async (t) => {
    const answers: Answers = { acknowledged: [], unanswered: [], unexpected: [] }
    const mayBe = new Set<string>()
    let service = await own.startService()
    const call: Parameters<typeof staff>[0]['call'] = (method, path, { token = '', json } = {}) =>
      fetch(`http://127.0.0.1:${service.port ?? 0}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(json),
      })
    const somebody = await staff({ identity, call })
    for (let round = 0; round < 2; round += 1) {
      const before = answers.acknowledged.length
      const load = depositUntilGone(service.port ?? 0, somebody, 16, seeded(round), answers)
      while (answers.acknowledged.length < before + 30) await delay(20)
      await own.endServer('SIGKILL')
      await delay(500)
      // whether it stopped by itself (a commit in doubt) or waits for its database, it is started again
      service.kill()
      await load
      for (const { key } of answers.unanswered.splice(0)) mayBe.add(key)
      const refusals = answers.unexpected.splice(0)
      t.same(
        refusals.filter(
          (answer) => !/^503 .*(journal-busy|journal-stopped|database-away)/.test(answer),
        ),
        [],
      )
      await own.startServer()
      service = await own.startService()
      t.ok(service.port, 'it starts again')
      const inspection = new Inspection({
        settings: own.settings,
        database: { superuser: own.superuser },
      })
      t.same(await inspection.halves(answers.acknowledged, mayBe), [])
      const given = []
      for (const deposit of answers.acknowledged)
        given.push(await proveReceipt(anchors, deposit.receipt, deposit))
      t.same(await inspection.forks(given), [])
      t.same(await inspection.differences(), [])
      await inspection.close()
    }
    t.same(await service.stop(), { code: 0, signal: null })
  },
)
