import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createPool, type Database } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import t from 'tap'
import { newAgentKey, TestAgent } from './support/agent.ts'
import { TestBox } from './support/box.ts'
import { enrolmentOf } from './support/centre.ts'
import { TestRelay } from './support/mail.ts'
import { writeSettings } from './support/settings.ts'
import { IdentityShape, read } from './support/shapes.ts'

const source = join(import.meta.dirname, '../src')
const run = promisify(execFile)

let folder: string
let settings: string
let database: Database
let token: string
let ports: { http: number; ssh: number }
const relay = new TestRelay()

t.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probant-process-'))
  const db = await testDatabase({ name: 'centre', roles: ['centre_service'] })
  database = createPool({ ...db.superuser, max: 4 })
  await relay.listen()
  const [http, ssh, administration] = await freePorts()
  ports = { http, ssh }
  settings = await writeSettings(folder, db, { http, administration, ssh, mail: relay.port })
  t.teardown(async () => {
    await relay.close()
    await database.close()
    await db.drop()
    await rm(folder, { recursive: true, force: true })
  })
})

async function freePorts(): Promise<[number, number, number]> {
  const { createServer } = await import('node:net')
  const servers = await Promise.all(
    [0, 1, 2].map(
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer()
          server.listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const found = servers.map((server) => {
    const address = server.address()
    server.close()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  return [found[0] ?? 0, found[1] ?? 0, found[2] ?? 0]
}

/** Starts the real process; resolves when it watches. */
async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(source, 'main.ts'), '--settings', settings])
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('the centre watches')) resolve()
    })
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('exit', (code) => reject(new Error(`ended with ${code ?? 'a signal'}: ${output}`)))
  })
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}

async function api(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${ports.http}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const parsed: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, body: parsed }
}

/** Waits until something holds. */
async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let waited = 0; waited < 500; waited++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`not ${what}`)
}

async function count(sql: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${sql}`,
  )
  return rows[0]?.count ?? 0
}

/** The centre's own connections: other test files run centres on the same server. */
const CONNECTIONS =
  "pg_stat_activity WHERE datname = current_database() AND application_name = 'supervisor'"

/** Whether a statement of the centre waits for a lock that the test holds. */
async function waitsForLock(): Promise<boolean> {
  return (await count(`${CONNECTIONS} AND wait_event_type = 'Lock'`)) > 0
}

/** Kills the centre while a lock on a table keeps it between two steps. */
async function killWhileWaiting(
  child: ChildProcess,
  lock: string,
  step: () => Promise<unknown>,
): Promise<void> {
  await database.transaction(async (client) => {
    await client.query(lock)
    const stepping = step().catch(() => undefined)
    await until('waiting', waitsForLock)
    await kill(child)
    await stepping
  })
  await until('gone', async () => (await count(CONNECTIONS)) === 0)
}

const box = new TestBox('box-1')
const key = newAgentKey()

async function connect(): Promise<TestAgent> {
  const agent = await TestAgent.connect(ports.ssh, 'box-1', key)
  agent.client.on('error', () => undefined)
  await agent.hello(box, { boxTimeMs: Date.now() })
  return agent
}

void t.test('initialisation prints one line of JSON, and can be repeated', async (t) => {
  const initialise = async () => {
    const { stdout } = await run(process.execPath, [
      join(source, 'initialise.ts'),
      '--settings',
      settings,
      '--contact',
      'duty@client.example',
    ])
    return read(IdentityShape, JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''))
  }
  const first = await initialise()
  const second = await initialise()
  t.same(second.witnessKeys, first.witnessKeys, 'the same keys')
  t.equal(second.sshHostKey, first.sshHostKey)
  t.not(second.supervisionToken, first.supervisionToken, 'a fresh token')
  token = second.supervisionToken
  t.equal((await readFile(join(folder, 'home/ssh-host-key'), 'utf8')).includes('OPENSSH'), true)
})

void t.test('killed between any two steps: nothing is lost, nothing is there twice', async (t) => {
  let child = await start()
  t.equal(
    (await api('POST', '/enrolments', enrolmentOf(box, key, { everySeconds: null }))).status,
    201,
  )
  box.acts(4)

  // a head: signed, about to be committed
  await killWhileWaiting(child, 'LOCK TABLE centre.cosigned_heads IN SHARE MODE', async () => {
    const agent = await connect()
    await agent.head(box)
  })
  t.equal(await count('centre.cosigned_heads'), 0)
  child = await start()
  const first = await connect()
  t.equal((await first.head(box)).status, 200, 'the head again')
  await first.bye()
  t.equal(await count('centre.cosigned_heads'), 1)

  // a segment: bytes durable, receipt signed, row about to be inserted
  await killWhileWaiting(child, 'LOCK TABLE centre.segments IN SHARE MODE', async () => {
    const agent = await connect()
    await agent.ship(box)
  })
  t.equal(await count('centre.segments'), 0)
  child = await start()
  const second = await connect()
  t.equal(second.welcome?.audited, null)
  t.same(
    (await second.ship(box)).map(({ status }) => status),
    [200],
  )
  await second.bye()
  t.equal(await count('centre.segments'), 1)

  // a finding: raised, its journal entry about to be appended
  box.checkpoint()
  box.flip(2)
  await killWhileWaiting(child, 'LOCK TABLE centre.alert_traces IN SHARE MODE', async () => {
    const agent = await connect()
    await agent.ship(box)
  })
  t.equal(await count('centre.findings'), 0)
  t.equal(await count('centre.alerts'), 0, 'finding, alert and message are one transaction')

  // a message: the relay has it and answers while the centre dies
  child = await start()
  const arrived = new Promise<void>((resolve) => (relay.onArrival = resolve))
  relay.delayMs = 60_000
  const third = await connect()
  await third.ship(box)
  await arrived
  await kill(child)
  t.equal(await count("centre.notifications WHERE state = 'pending'"), 1)
  relay.delayMs = 0
  const isTaken = relay.received.length
  await expireLeases()

  // the same, its outcome about to be committed
  child = await start()
  await database.query('SELECT 1')
  await until(
    'delivered',
    async () => (await count("centre.notifications WHERE state = 'delivered'")) === 1,
  )
  const ids = new Set(relay.received.map(({ text }) => /^Message-ID: (.*)$/im.exec(text)?.[1]))
  t.equal(ids.size, 1, 'sent again under the same Message-ID')
  t.equal(relay.received.length, isTaken + 1)
  t.equal(await count('centre.findings'), 1)
  t.equal(await count('centre.alerts'), 1)

  const fourth = await connect()
  await fourth.ship(box)
  await fourth.bye()
  t.equal(await count('centre.findings'), 1, 'the same fact after all that')
  await until('signed', async () => {
    const { rows } = await database.query<{ signed: boolean }>(
      'SELECT max(c.size) = max(j.size) AS signed FROM centre.alert_checkpoints c, centre.alert_journals j',
    )
    return rows[0]?.signed === true
  })
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  t.same((await closed)[0], 0, 'and it ends when asked to')
})

/** Time in which a dead sender's message is nobody else's is over. */
async function expireLeases(): Promise<void> {
  await database.query("UPDATE centre.notifications SET leased_until = now() - interval '1 second'")
}

void t.test('segments by file: checked alike, receipted, any number of times', async (t) => {
  const { importFiles } = await import('../src/commands/import.ts')
  const { printStatus } = await import('../src/commands/status.ts')
  const child = await start()
  const remote = new TestBox('remote')
  await api('POST', '/enrolments', enrolmentOf(remote, newAgentKey(), { everySeconds: null }))
  remote.acts(9)
  const files: [string, Uint8Array][] = [
    ['b', remote.segment(5, 10)],
    ['a', remote.segment(0, 5)],
  ]
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes)
  const paths = files.map(([name]) => join(folder, name))
  const [later = '', earlier = ''] = paths
  t.equal(await importFiles(settings, [later], true), 1, 'what comes before is missing')
  t.equal(await importFiles(settings, paths, true), 0, 'in whatever order they are named')
  const receipt = await readFile(`${later}.receipt`, 'utf8')
  t.match(receipt, /^probant\.audit\/v1\nremote\/1\n10\n/)
  t.equal(await importFiles(settings, paths, true), 0, 'again')
  t.equal(await readFile(`${later}.receipt`, 'utf8'), receipt)
  t.equal(await count("centre.segments WHERE box_id = 'remote'"), 2)
  remote.checkpoint(10)
  remote.flip(7)
  await writeFile(later, remote.segment(5, 10))
  t.equal(await importFiles(settings, [earlier, later], true), 1, 'altered since')
  t.equal(await count("centre.findings WHERE box_id = 'remote' AND seq = 7"), 1)
  await writeFile(later, 'nonsense')
  t.equal(await importFiles(settings, [later], false), 2)
  t.equal(await printStatus(settings, false), 1)
  await kill(child)
})
