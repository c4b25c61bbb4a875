import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '@probant/host'
import t, { type Test } from 'tap'
import { Closing } from '../src/processes/closing.ts'
import { identify, isRunning } from '../src/processes/identity.ts'
import { Keeper } from '../src/processes/keeper.ts'
import { endLeftovers } from '../src/processes/leftovers.ts'
import { cutLogs } from '../src/processes/logs.ts'
import { readRecord } from '../src/processes/record.ts'
import { servicePart } from '../src/processes/service.ts'

const service = `
import { createServer } from 'node:http'
const [port, mood] = process.argv.slice(2)
console.log('begins')
if (mood === 'broken') process.exit(3)
if (mood === 'stubborn') process.on('SIGTERM', () => console.log('no'))
createServer((request, answer) => answer.end()).listen(Number(port), '127.0.0.1')
`

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

async function kept(t: Test, mood = 'calm') {
  const folder = t.testdir({ 'service.mjs': service })
  const port = await freePort()
  const pids: number[] = []
  const told: string[] = []
  const part = servicePart({
    name: 'box',
    arguments: [join(folder, 'service.mjs'), String(port), mood],
    workingFolder: folder,
    log: join(folder, 'box.log'),
    readyUrl: `http://127.0.0.1:${port}/readyz`,
    clock: systemClock,
    stopWithinMs: 1000,
    record: (pid) => pids.push(pid),
  })
  const keeper = new Keeper(part, systemClock, {
    began: () => undefined,
    tell: (line) => told.push(line),
  })
  t.teardown(() => keeper.stop())
  return { keeper, pids, told, folder, log: join(folder, 'box.log') }
}

async function until(condition: () => boolean, withinMs: number): Promise<boolean> {
  for (let waited = 0; waited < withinMs; waited += 20) {
    if (condition()) return true
    await delay(20)
  }
  return condition()
}

const lives = (pid: number | undefined) => pid !== undefined && identify(pid) !== undefined

void t.test('a part that is killed runs again within two seconds, under another pid', async (t) => {
  const { keeper, pids, told, log } = await kept(t)
  await keeper.start()
  t.ok(lives(pids[0]))
  for (let kills = 1; kills <= 8; kills++) {
    const log0 = readFileSync(log, 'utf8')
    process.kill(pids.at(-1) ?? 0, 'SIGKILL')
    t.ok(await until(() => pids.length === kills + 1, 2000), `life ${kills + 1}`)
    // killed again before it is ready, it would count as a life that failed
    t.ok(await until(() => readFileSync(log, 'utf8') !== log0, 2000))
    await delay(250)
  }
  t.equal(told.length, 8)
  t.match(told[0], /^box ended \(signal SIGKILL\); starting it again$/)
  await keeper.stop()
  t.notOk(lives(pids.at(-1)))
})

void t.test(
  'a part that never works is said to, with its log, and retried ever more rarely',
  async (t) => {
    const { keeper, pids, told, log } = await kept(t, 'broken')
    await t.rejects(keeper.start(), {
      code: 'part-failed',
      message: `The box does not start (exit code 3): its log ${log} tells why.`,
    })
    t.equal(pids.length, 5)
    t.match(told.at(-1), /in 1 s/)
    t.ok(await until(() => pids.length === 6, 3000), 'it is tried again all the same')
    t.match(readFileSync(log, 'utf8'), 'begins\nbegins\n')
  },
)

void t.test('a part that does not listen is ended by force', async (t) => {
  const { keeper, pids } = await kept(t, 'stubborn')
  await keeper.start()
  await keeper.stop()
  t.notOk(lives(pids[0]))
})

const launcher = (folder: string, record: string) => `
import { ProcessBook } from ${JSON.stringify(join(import.meta.dirname, '../src/processes/book.ts'))}
import { Guard } from ${JSON.stringify(join(import.meta.dirname, '../src/processes/guarding.ts'))}
import { spawn } from 'node:child_process'
const book = new ProcessBook(${JSON.stringify(record)}, ${JSON.stringify(join(folder, 'demo.json'))}, console.log)
new Guard({ book, record: ${JSON.stringify(record)}, log: ${JSON.stringify(join(folder, 'guardian.log'))} })
for (const name of ['agent', 'postgres']) {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
  book.note(name, child.pid)
}
console.log('up')
setInterval(() => undefined, 1000)
`

async function startLauncher(t: Test) {
  const folder = t.testdir({ 'demo.json': '{}' })
  const record = join(folder, 'processes.json')
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', launcher(folder, record)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  t.teardown(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const written = readRecord(record)
  if (written?.guardian === undefined) throw new Error('no record was written')
  return { child, record, written, guardian: written.guardian }
}

void t.test('a launcher that is killed leaves nothing running behind', async (t) => {
  const { child, record, written } = await startLauncher(t)
  const parts = Object.values(written.parts)
  t.equal(parts.filter(isRunning).length, 2)
  child.kill('SIGKILL')
  t.ok(await until(() => !parts.some(isRunning), 5000))
  t.ok(await until(() => !existsSync(record), 2000), 'the record is gone')
  t.notOk(existsSync(written.readyFile), 'nothing says that it is ready')
})

void t.test('killed with its guardian, it leaves parts that the next start ends', async (t) => {
  const { child, record, written, guardian } = await startLauncher(t)
  // stopped first, so that no other guardian is started in its place
  child.kill('SIGSTOP')
  process.kill(guardian.pid, 'SIGKILL')
  child.kill('SIGKILL')
  const parts = Object.values(written.parts)
  t.ok(await until(() => !isRunning(guardian) && !isRunning(written.launcher), 2000))
  t.equal(parts.filter(isRunning).length, 2)
  t.same(await endLeftovers(record), ['agent', 'postgres'])
  t.notOk(parts.some(isRunning))
  t.same(await endLeftovers(record), [])
})

void t.test('a pid that was used again is left alone', async (t) => {
  const { child, record, written, guardian } = await startLauncher(t)
  child.kill('SIGSTOP')
  process.kill(guardian.pid, 'SIGKILL')
  child.kill('SIGKILL')
  const agent = written.parts['agent']
  t.ok(agent && isRunning(agent))
  t.notOk(agent && isRunning({ ...agent, startTicks: '1' }))
  t.notOk(agent && isRunning({ ...agent, boot: 'another' }))
  await endLeftovers(record)
})

void t.test('what is opened after the end began is closed at once, in order', async (t) => {
  const closing = new Closing()
  const done: string[] = []
  const undo = (name: string) => () => {
    done.push(name)
    return Promise.resolve()
  }
  await closing.add(undo('first'))
  await closing.add(() => Promise.reject(new Error('refuses')))
  await closing.add(undo('second'))
  const failures: unknown[] = []
  await closing.close((error) => failures.push(error))
  await closing.add(undo('late'))
  t.same(done, ['second', 'first', 'late'])
  t.equal(failures.length, 1)
})

void t.test('a log is cut in place when it grew too large', async (t) => {
  const folder = t.testdir({ 'box.log': 'x'.repeat(2000), 'agent.log': 'short' })
  await cutLogs(folder, 1000)
  t.equal(readFileSync(join(folder, 'box.log'), 'utf8'), '')
  t.equal(readFileSync(join(folder, 'box.log.1'), 'utf8').length, 2000)
  t.equal(readFileSync(join(folder, 'agent.log'), 'utf8'), 'short')
})

void t.test('a part that can not even be begun says so at once, in its own words', async (t) => {
  const told: string[] = []
  let begun = 0
  const part = {
    name: 'postgres',
    log: 'postgres.log',
    begin: () => Promise.reject(new Error(`the disk is full ${++begun}`)),
  }
  const keeper = new Keeper(part, systemClock, {
    began: () => undefined,
    tell: (line) => told.push(line),
  })
  t.teardown(() => keeper.stop())
  await t.rejects(keeper.start(), { message: 'the disk is full 1' })
  await keeper.stop()
  t.same([begun, told], [1, []])
})
