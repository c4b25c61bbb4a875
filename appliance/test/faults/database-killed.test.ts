import { createLogger } from '@probant/host'
import { startCluster, type Cluster } from '@probant/postgres'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { initialise } from '../../src/initialise.ts'
import { depositUntilGone, type Answers } from '../kill/clients.ts'
import { Inspection } from '../kill/inspection.ts'
import { seeded } from '../kill/plan.ts'
import { startProcess } from '../kill/process.ts'
import { anchorsOf, proveReceipt } from '../kill/proving.ts'
import { boxSettings, staff } from '../world.ts'

// A server of its own, which syncs as a box's does: the one that tests share would lose what it acknowledged.
const work = await mkdtemp(join(tmpdir(), 'probant-killed-'))
await chmod(work, 0o711)
const home = join(work, 'home')
const settingsFile = join(work, 'settings.json')
const password = 'a password of the tests'
const log = createLogger({ component: 'postgres', level: 'silent' })
const startDatabase = () => startCluster({ dataFolder: join(work, 'postgres'), log })
let cluster: Cluster = await startDatabase()
for (const role of ['box_owner', 'box_service', 'box_journal_reader'])
  await cluster.createRole(role, password)
await cluster.createDatabase('box', { owner: 'box_owner', users: ['box_service'] })
const settings = boxSettings(home, cluster.connection('box', 'box_owner', password))
await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 })
const identity = await initialise(settingsFile)
const anchors = anchorsOf({ identity })
const start = () => startProcess({ settingsFile, logFile: join(work, 'service.log') })
t.setTimeout(180_000)
t.teardown(async () => {
  await cluster.stop()
  await rm(work, { recursive: true })
})

void t.test(
  'the database server is killed under 16 clients: what was acknowledged is there',
  async (t) => {
    const answers: Answers = { acknowledged: [], unanswered: [], unexpected: [] }
    const mayBe = new Set<string>()
    let service = await start()
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
      process.kill(cluster.pid, 'SIGKILL')
      await cluster.exited
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
      cluster = await startDatabase()
      service = await start()
      t.ok(service.port, 'it starts again')
      const inspection = new Inspection({
        settings,
        database: { superuser: cluster.superuser('box') },
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
