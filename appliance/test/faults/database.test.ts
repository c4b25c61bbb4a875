import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { fresh, send, type Answers } from '../kill/clients.ts'
import { Inspection } from '../kill/inspection.ts'
import { seeded } from '../kill/plan.ts'
import { startProcess, type ServiceProcess } from '../kill/process.ts'
import { anchorsOf, proveReceipt } from '../kill/proving.ts'
import { createWorld, staff } from '../world.ts'
import { DatabaseLine, type Cut } from './proxy.ts'

const world = await createWorld()
const somebody = await staff(world)
await world.stop()
const { home } = world.settings
const anchors = anchorsOf(world)
const line = await DatabaseLine.to(world.settings.database)
const inspection = new Inspection(world)
const random = seeded(3)
const answers: Answers = { acknowledged: [], unanswered: [], unexpected: [] }
const mayBe = new Set<string>()
const settingsFile = join(home, 'line.json')
const database = { ...world.settings.database, ...line.place }
await writeFile(settingsFile, JSON.stringify({ ...world.settings, database }), { mode: 0o600 })
const running = new Set<ServiceProcess>()
t.setTimeout(180_000)
t.teardown(async () => {
  for (const service of running) service.kill()
  await inspection.close()
  await line.close()
  await world.close()
})

async function start(): Promise<ServiceProcess> {
  const service = await startProcess({ settingsFile, logFile: join(home, 'service.log') })
  running.add(service)
  return service
}

/** One deposit. @returns what was answered when it was not kept; nothing when it was, or the service went away */
async function deposit(port: number | undefined): Promise<string | undefined> {
  const before = answers.unexpected.length
  await send(port ?? 0, somebody, fresh(random), answers)
  for (const { key } of answers.unanswered.splice(0)) mayBe.add(key)
  return answers.unexpected.splice(before)[0]
}

async function promiseIsKept(t: Test, port: number | undefined): Promise<void> {
  t.same(await inspection.halves(answers.acknowledged, mayBe), [])
  t.equal(await deposit(port), undefined, 'afterwards deposits are kept again')
  const last = answers.acknowledged.at(-1)
  if (last !== undefined) await proveReceipt(anchors, last.receipt, last)
  t.same(await inspection.halves(answers.acknowledged, mayBe), [])
}

void t.test(
  'the database is away for a while: nothing is done, and the service goes on',
  async (t) => {
    const service = await start()
    t.equal(await deposit(service.port), undefined)
    await line.away()
    const refused = await deposit(service.port)
    t.match(refused, /^503 .*"urn:probant:problem:database-away"/)
    const readyz = `http://127.0.0.1:${service.administrationPort ?? 0}/readyz`
    t.not((await fetch(readyz)).status, 200, 'it is not ready')
    await line.back()
    let isReady = false
    for (let tries = 0; tries < 100 && !isReady; tries += 1) {
      await delay(50)
      isReady = (await fetch(readyz)).status === 200
    }
    t.ok(isReady, 'it is ready again by itself')
    await promiseIsKept(t, service.port)
    t.same(await service.stop(), { code: 0, signal: null })
  },
)

for (const [cut, kept] of Object.entries({
  'before the server sees it': 0,
  'before its answer comes back': 1,
}) as [Cut, number][])
  void t.test(`the line is cut at COMMIT, ${cut}: stop with 75, recover`, async (t) => {
    const service = await start()
    t.equal(await deposit(service.port), undefined)
    const before = await inspection.number('SELECT count(*) AS n FROM vault.objects')
    line.cutAtCommit(cut)
    t.match(await deposit(service.port), /^503 .*journal-stopped/)
    t.same(await service.ended, { code: 75, signal: null })
    const again = await start()
    const after = await inspection.number('SELECT count(*) AS n FROM vault.objects')
    t.equal(after - before, kept, 'wholly kept, or not at all')
    await promiseIsKept(t, again.port)
    t.same(await again.stop(), { code: 0, signal: null })
  })

void t.test('every backend is terminated again and again under 16 clients', async (t) => {
  let service = await start()
  const storm = new AbortController()
  const starts: number[] = []
  const strange: string[] = []
  const keeper = (async () => {
    while (!storm.signal.aborted) {
      const end = await Promise.race([service.ended, delay(50)])
      if (end === undefined) continue
      if (end.code !== 75) strange.push(`ended: ${JSON.stringify(end)}`)
      service = await start()
      starts.push(service.port ?? 0)
    }
  })()
  const clients = Array.from({ length: 16 }, async () => {
    while (!storm.signal.aborted) {
      const refused = await deposit(service.port)
      if (
        refused !== undefined &&
        !/^503 .*(journal-busy|journal-stopped|database-away)/.test(refused)
      )
        strange.push(refused)
      if (refused !== undefined) await delay(20)
    }
  })
  const acknowledgedBefore = answers.acknowledged.length
  for (let round = 0; round < 25; round += 1) {
    await delay(150)
    await inspection.number(
      `SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
       WHERE datname = current_database() AND usename = 'box_service'`,
    )
  }
  storm.abort()
  await Promise.all([keeper, ...clients])
  t.same(strange, [], 'every refusal is told as one that passes')
  t.ok(answers.acknowledged.length > acknowledgedBefore, 'some deposits got through')
  t.comment(`${answers.acknowledged.length - acknowledgedBefore} kept, ${starts.length} restarts`)
  await service.stop()
  service = await start()
  await promiseIsKept(t, service.port)
  const given = []
  for (const each of answers.acknowledged)
    given.push(await proveReceipt(anchors, each.receipt, each))
  t.same(await inspection.forks(given), [])
  t.same(await inspection.differences(), [])
  t.same(await service.stop(), { code: 0, signal: null })
})
