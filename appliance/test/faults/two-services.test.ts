import { request as httpRequest } from 'node:http'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { initialise } from '../../src/initialise.ts'
import { send, fresh, type Answers } from '../kill/clients.ts'
import { Inspection } from '../kill/inspection.ts'
import { seeded } from '../kill/plan.ts'
import { startProcess, type ServiceProcess } from '../kill/process.ts'
import { createWorld, staff } from '../world.ts'

const world = await createWorld()
const somebody = await staff(world)
const { home } = world.settings
await world.stop()
const settingsFile = join(home, 'settings.json')
const inspection = new Inspection(world)
const random = seeded(2)
const answers: Answers = { acknowledged: [], unanswered: [], unexpected: [] }
const running: ServiceProcess[] = []
t.setTimeout(120_000)
t.teardown(async () => {
  for (const service of running) service.kill()
  await inspection.close()
  await world.close()
})

async function start(logFile: string): Promise<ServiceProcess> {
  const service = await startProcess({
    settingsFile,
    logFile: join(home, logFile),
    arguments: ['null', 'quick'],
  })
  running.push(service)
  return service
}

const deposit = ({ port = 0 }: ServiceProcess) => send(port, somebody, fresh(random), answers)

async function localHead(): Promise<{ size: number }> {
  const socketPath = world.settings.localSocket
  return new Promise((resolve, reject) => {
    httpRequest({ socketPath, path: '/head' }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => resolve(JSON.parse(text) as { size: number }))
    })
      .on('error', reject)
      .end()
  })
}

/** An upload that began and goes on only when told. */
function slowDeposit({ port = 0 }: ServiceProcess) {
  const content = 'y'.repeat(100_000)
  const body =
    '--b\r\ncontent-disposition: form-data; name="metadata"\r\n\r\n{"title":"slow"}\r\n' +
    `--b\r\ncontent-disposition: form-data; name="file"; filename="s.txt"\r\n\r\n${content}\r\n--b--\r\n`
  const status = new Promise<number>((resolve, reject) => {
    const sent = httpRequest(
      {
        ...{ host: '127.0.0.1', port, method: 'POST' },
        path: `/api/v1/vaults/${somebody.vault}/objects`,
        headers: {
          authorization: `Bearer ${somebody.token}`,
          'content-type': 'multipart/form-data; boundary=b',
          'content-length': body.length,
        },
      },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      },
    )
    sent.on('error', reject)
    sent.write(body.slice(0, 60_000))
    finish = () => sent.end(body.slice(60_000))
  })
  return { status, finish: () => finish() }
}
let finish = () => {}

const first = await start('first.log')

void t.test('a second service on the same data is refused, and the first goes on', async (t) => {
  t.ok(await deposit(first))
  const slow = slowDeposit(first)
  for (let tries = 0; tries < 100 && (await inspection.files()).staged.length === 0; tries += 1)
    await delay(20)
  t.equal((await inspection.files()).staged.length, 1, 'an upload is under way')
  const second = await start('second.log')
  t.equal(second.port, undefined, 'it never served')
  t.same(await second.ended, { code: 1, signal: null })
  t.match(await readFile(join(home, 'second.log'), 'utf8'), /another vault service runs/)
  t.equal((await inspection.files()).staged.length, 1, 'the upload was left alone')
  slow.finish()
  t.equal(await slow.status, 201, 'and is kept')
  t.ok(await deposit(first))
  t.ok((await localHead()).size > 0, 'the local socket is still the first’s')
  t.same(answers.unexpected, [])
})

void t.test('neither can the box be initialised beside it', async (t) => {
  const before = await inspection.number('SELECT epoch AS n FROM journal.state')
  const settings = { ...world.settings, limits: world.settings.limits }
  await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 })
  await t.rejects(initialise(settingsFile), { code: 'already-running' })
  t.equal(await inspection.number('SELECT epoch AS n FROM journal.state'), before)
  t.ok(await deposit(first))
})

void t.test('whoever lost the lock to another is fenced off and stops with 75', async (t) => {
  let waiting = start('third.log')
  const hasEnded = first.ended.then(() => true)
  // until another is faster than the one that takes its lock again, and has taken the journal
  for (let tries = 0; tries < 200; tries += 1) {
    await inspection.number(
      `SELECT count(pg_terminate_backend(pid)) AS n FROM pg_locks WHERE locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    )
    if ((await Promise.race([hasEnded, delay(100)])) === true) break
    const settled = await Promise.race([waiting, delay(1)])
    if (settled !== undefined && settled.port === undefined) waiting = start('third.log')
  }
  t.same(await first.ended, { code: 75, signal: null }, 'the older one stopped')
  // the terminated connections may have met the newer one too: then it was started again, as any service is
  let newer = await waiting
  while (newer.port === undefined) newer = await start('third.log')
  t.ok(await deposit(newer), 'a newer one serves')
  t.equal(await inspection.number('SELECT count(*) AS n FROM vault.objects'), 5)
  t.equal(new Set(answers.acknowledged.map(({ id }) => id)).size, 4)
  t.same(await inspection.differences(), [])
  t.same(await newer.stop(), { code: 0, signal: null })
})
