import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { RestClient } from '../src/demonstration/rest.ts'
import { repositoryRoot } from '../src/installation/layout.ts'
import { isRunning, type ProcessIdentity } from '../src/processes/identity.ts'
import { readRecord } from '../src/processes/record.ts'
import { freePorts } from './free-ports.ts'

/** One installation from its first start to its reset; each subtest goes on from the one before. */
const home = await mkdtemp(join(tmpdir(), 'probant-installation-'))
const ports = await freePorts(25_100)
const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: '',
  PROBANT_HOME: home,
  PROBANT_PORTS: String(ports.portal),
}
const demoPath = join(home, 'demo.json')
const recordPath = join(home, 'processes.json')

t.setTimeout(10 * 60_000)
t.teardown(() => rm(home, { recursive: true, force: true }))

interface Program {
  child: ChildProcess
  /** What it said so far, both outputs together. */
  said: () => string
  ended: Promise<number | null>
}

function run(program: 'start' | 'reset', ...args: string[]): Program {
  const entry = join(repositoryRoot, 'provisioning', `${program}.cjs`)
  const child = spawn(process.execPath, [entry, ...args], { env: environment })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, said: () => text, ended }
}

async function until(condition: () => boolean, withinMs: number): Promise<boolean> {
  for (let waited = 0; waited < withinMs && !condition(); waited += 50) await delay(50)
  return condition()
}

const demoSchema = Type.Object({
  api: Type.String(),
  token: Type.String(),
  vault: Type.String(),
  anchors: Type.String(),
  pids: Type.Record(Type.String(), Type.Integer()),
  users: Type.Array(Type.Object({ user: Type.String(), password: Type.String() })),
})

function demo() {
  const value: unknown = JSON.parse(readFileSync(demoPath, 'utf8'))
  return Value.Parse(demoSchema, value)
}

async function documents(): Promise<number> {
  const { api, token, vault } = demo()
  const counted = Type.Object({ count: Type.Integer() })
  return (await new RestClient(api, token).call(counted, 'GET', `/vaults/${vault}/objects/count`))
    .count
}

async function startUntilReady(): Promise<Program> {
  const started = run('start')
  await until(
    () => started.said().includes('Probant is ready.') || started.child.exitCode !== null,
    180_000,
  )
  if (!existsSync(demoPath)) throw new Error(started.said())
  return started
}

function recorded(): ProcessIdentity[] {
  const record = readRecord(recordPath)
  if (record === undefined) throw new Error('nothing is recorded')
  const { launcher, guardian, parts } = record
  return [launcher, ...(guardian === undefined ? [] : [guardian]), ...Object.values(parts)]
}

let running: Program | undefined
let atFirst: ReturnType<typeof demo> | undefined

await t.test('a first start that was killed goes on where it stopped', async (t) => {
  const centreKey = join(home, 'keys', 'centre', 'audit-receipt.key.json')
  let madeFirst: string | undefined
  const cuts: Record<string, (said: string) => boolean> = {
    'Starting PostgreSQL': (said) => said.includes('Starting PostgreSQL'),
    'a key of the centre': () => existsSync(centreKey),
    'Preparing the box': (said) => said.includes('Preparing the box'),
    'demo users': (said) => said.includes('demo users'),
  }
  for (const [moment, isReached] of Object.entries(cuts)) {
    const cut = run('start')
    t.ok(await until(() => isReached(cut.said()), 120_000), `killed after “${moment}”`)
    cut.child.kill('SIGKILL')
    await cut.ended
    t.notOk(existsSync(demoPath), 'nothing says that it is ready')
    if (existsSync(centreKey)) madeFirst ??= readFileSync(centreKey, 'utf8')
  }
  running = await startUntilReady()
  atFirst = demo()
  t.equal(readFileSync(centreKey, 'utf8'), madeFirst, 'the centre is resumed, not made anew')
  t.equal(await documents(), 7)
  t.same(Object.keys(atFirst.pids).sort(), ['agent', 'appliance', 'postgres', 'supervisor'])
  t.match(running.said(), /WARNING: keys are kept in files/)
  t.same(readdirSync(atFirst.anchors).sort(), [
    'audit.vkeys',
    'box.txt',
    'journal.vkeys',
    'lat.pem',
    'release.sha256',
    'tsa.pem',
    'witness.vkeys',
  ])
})

await t.test('a second launcher on the same folder is turned away', async (t) => {
  const second = run('start')
  t.equal(await second.ended, 1)
  t.match(second.said(), `Probant already runs on ${home}`)
  const clearing = run('reset', '--yes')
  t.equal(await clearing.ended, 1)
  t.ok(existsSync(demoPath), 'and nothing was cleared')
})

await t.test('PostgreSQL that dies comes back, and the box works again', async (t) => {
  const { pids } = demo()
  process.kill(pids['postgres'] ?? 0, 'SIGKILL')
  t.ok(await until(() => demo().pids['postgres'] !== pids['postgres'], 20_000))
  let count = 0
  for (let tries = 0; tries < 100 && count === 0; tries++) {
    count = await documents().catch(() => 0)
    if (count === 0) await delay(200)
  }
  t.equal(count, 7)
})

await t.test('a stop in order leaves nothing running and nothing outside the folder', async (t) => {
  const processes = recorded()
  const { socketFolder } = readRecord(recordPath) ?? {}
  running?.child.kill('SIGTERM')
  t.equal(await running?.ended, 0)
  t.match(running?.said(), 'Everything is stopped.')
  t.notOk(processes.some(isRunning))
  for (const path of [demoPath, recordPath, socketFolder ?? '']) t.notOk(existsSync(path), path)
})

await t.test('the next start keeps data, passwords and tokens', async (t) => {
  running = await startUntilReady()
  const again = demo()
  t.same({ ...again, pids: {} }, { ...atFirst, pids: {} })
  t.equal(await documents(), 7)
})

await t.test('a launcher that is killed takes everything with it', async (t) => {
  const processes = recorded()
  running?.child.kill('SIGKILL')
  t.ok(await until(() => !processes.some(isRunning), 60_000))
  t.notOk(existsSync(demoPath))
})

await t.test('reset asks, then clears', async (t) => {
  const asked = run('reset')
  asked.child.stdin?.end('no\n')
  t.equal(await asked.ended, 0)
  t.ok(readdirSync(home).length > 0, asked.said())
  const clearing = run('reset')
  clearing.child.stdin?.end('yes\n')
  t.equal(await clearing.ended, 0)
  t.same(readdirSync(home), [], clearing.said())
})
