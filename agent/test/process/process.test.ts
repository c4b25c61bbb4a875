import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { openProvider } from '@probant/keys'
import { askForStatus, askToShip } from '../../src/command-line/ask.ts'
import type { AgentSettings } from '../../src/settings.ts'
import { sshKeyOf } from '../../src/ssh/signing-key.ts'
import { World } from '../fixtures/world.ts'

const source = (name: string) => join(import.meta.dirname, '..', '..', 'src', name)
const probant = join(import.meta.dirname, '..', '..', '..', 'provisioning', 'cli', 'probant.ts')

interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

async function run(script: string, ...words: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ran: Ran = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (ran.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (ran.stderr += String(chunk)))
  await once(child, 'close')
  ran.code = child.exitCode
  return ran
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function settingsFile(world: World, change: Partial<AgentSettings> = {}): Promise<string> {
  const folder = join(world.folder, 'settings')
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'agent.json')
  await writeFile(path, JSON.stringify(world.settings(change)))
  return path
}

async function untilReady(port: number, child: ChildProcess): Promise<Response> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`)
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    if (answer?.ok === true) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('never ready')
}

await t.test('the first start makes a key; a second one finds it', async (t) => {
  const world = await World.open(t)
  const folder = join(world.folder, 'new-keys')
  await mkdir(folder, { mode: 0o700 })
  const path = await settingsFile(world, { keys: { provider: 'software', folder } })
  const first = await run(source('initialise.ts'), '--settings', path)
  t.equal(first.code, 0, first.stderr)
  t.equal((await run(source('initialise.ts'), '--settings', path)).stdout, first.stdout)
  const blob = Buffer.from(
    (JSON.parse(first.stdout) as { sshPublicKey: string }).sshPublicKey,
    'base64',
  )
  t.equal(blob.toString('ascii', 4, 23), 'ecdsa-sha2-nistp256')
  const provider = await openProvider({ provider: 'software', folder })
  t.teardown(() => provider.close())
  t.ok(await sshKeyOf(provider))
  t.equal((await run(source('initialise.ts'))).code, 2)
  const unknown = await run(source('main.ts'), '--settings', join(world.folder, 'none.json'))
  t.equal(unknown.code, 1)
})

await t.test('the service: ready, ships when asked, stops when told', async (t) => {
  const world = await World.open(t)
  await world.box.append(30)
  const port = await freePort()
  const path = await settingsFile(world, { administration: { host: '127.0.0.1', port } })
  const child = spawn(process.execPath, [source('main.ts'), '--settings', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => void child.kill('SIGKILL'))
  let log = ''
  child.stdout.on('data', (chunk) => (log += String(chunk)))
  await untilReady(port, child)
  const { controlSocket } = world.settings()
  t.equal((await stat(controlSocket)).mode & 0o777, 0o600)

  t.match((await askToShip(controlSocket)).body, { shippedTo: 30, receiptSize: 30, findings: [] })
  t.match((await askForStatus(controlSocket)).body, { receipt: { size: 30 } })
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  t.match(metrics, /probant_agent_audited_size\{component="agent"\} 30/)

  const home = world.folder
  process.env['PROBANT_HOME'] = home
  const shipped = await run(probant, 'agent', 'ship', '--now')
  t.equal(shipped.code, 0, shipped.stderr)
  t.match(shipped.stdout, /receipt: audited up to size 30/)
  t.match(JSON.parse((await run(probant, 'agent', 'status', '--json')).stdout), {
    origin: 'box-7/1',
  })
  t.match((await run(probant, 'agent', 'status')).stdout, /nights without a receipt: 0/)
  const exported = await run(probant, 'agent', 'export', join(home, 'stick'), '--from', '0')
  t.equal(exported.code, 0, exported.stderr)

  world.appliance.recomputed = { intact: false, badObjects: ['an-object'] }
  const failing = await run(probant, 'agent', 'ship', '--now')
  t.equal(failing.code, 1, 'only the box found something: it is told all the same')
  t.match(failing.stdout, /NOT intact/)
  t.match(failing.stdout, /findings: 1\n {2}integrity-failure-on-box\n.*\n {4}found: object an-obj/)
  const carried = await run(probant, 'agent', 'export', join(home, 'stick'), '--from', '0')
  t.equal(carried.code, 1, 'by file as well')
  t.match(carried.stdout, /integrity-failure-on-box/)
  world.appliance.recomputed = { intact: false }
  t.equal((await run(probant, 'agent', 'ship', '--now')).code, 1, 'whether or not it can be named')
  world.appliance.recomputed = { intact: true }

  const file = join(home, 'receipt.txt')
  await writeFile(file, await world.centre.receipt())
  const taken = await run(probant, 'agent', 'receipt', file)
  t.equal(taken.code, 0, taken.stderr)
  await writeFile(file, 'nothing of the kind')
  t.equal((await run(probant, 'agent', 'receipt', file)).code, 2)

  t.match((await run(probant, 'agent', 'status')).stdout, /centre's log: not seen/)
  t.equal((await run(probant, 'agent', 'centre-log')).code, 3, 'this centre has signed none yet')
  t.equal((await run(probant, 'agent', 'centre-log', '--compare', file)).code, 2)
  const accepted = await run(probant, 'agent', 'accept-centre-restore', '--reason', 'moved')
  t.equal(accepted.code, 0, accepted.stderr)
  t.match(accepted.stdout, /held to now: cosigned 30, audited 30, log none/)
  t.match(world.appliance.acceptedRestores, [{ former: { audited: 30 } }])

  await world.box.append(5)
  await world.box.database.query(
    `UPDATE journal.traces SET bytes = overlay(bytes placing 'W'::bytea from 40) WHERE seq = 32`,
  )
  const altered = await run(probant, 'agent', 'ship', '--now', '--json')
  t.equal(altered.code, 1)
  t.match(JSON.parse(altered.stdout), { findings: [{ kind: 'altered-trace', seq: 32 }] })

  child.kill('SIGTERM')
  await once(child, 'exit')
  t.equal(child.exitCode, 0)
  t.equal((await run(probant, 'agent', 'ship', '--now')).code, 3, 'no agent')
  t.notMatch(log, /log-opened/, 'no contents in the log')
})

await t.test('a second start after kill -9', async (t) => {
  const world = await World.open(t)
  await world.box.append(30)
  const port = await freePort()
  const path = await settingsFile(world, { administration: { host: '127.0.0.1', port } })
  const start = () =>
    spawn(process.execPath, [source('main.ts'), '--settings', path], { stdio: 'ignore' })
  const first = start()
  t.teardown(() => void first.kill('SIGKILL'))
  await untilReady(port, first)
  await askToShip(world.settings().controlSocket)
  first.kill('SIGKILL')
  await once(first, 'exit')
  const second = start()
  t.teardown(() => void second.kill('SIGKILL'))
  await untilReady(port, second)
  t.match((await askForStatus(world.settings().controlSocket)).body, { receipt: { size: 30 } })
  t.match(await readFile(join(world.folder, 'agent', 'memory-box-7_1.json'), 'utf8'), /"size": 30/)
})

await t.test('what the agent remembers is not replaced when it is spoilt', async (t) => {
  const world = await World.open(t)
  const path = join(world.folder, 'agent', 'memory-box-7_1.json')
  await mkdir(join(world.folder, 'agent'), { recursive: true })
  await writeFile(path, '{"format": 1, "origin": "box-7/1"')
  await t.rejects(world.agent(), { code: 'unusable-file' })
  await writeFile(path, '{"format": 1, "origin": "box-7/1", "sinceMs": 1}')
  await t.rejects(world.agent(), { code: 'unusable-file' })
  t.equal(await readFile(path, 'utf8'), '{"format": 1, "origin": "box-7/1", "sinceMs": 1}')
})
