import { createLogger, systemRandomness } from '@probant/host'
import { startCluster, type Connection } from '@probant/postgres'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A vault service in a process of its own, as the bench measures it. */
export interface BenchBox {
  readonly port: number
  readonly vault: string
  readonly token: string
  readonly home: string
  /** The database of the limit: another one on the same server, which syncs as a box's does. */
  readonly connection: Connection
  readonly pid: number
  /** What a verifier has to know of it beforehand. */
  readonly identity: Identity
  /** How long one signature takes from now on; with `slow-service.ts` only. */
  signIn(milliseconds: number): void
  /** Lets others act until the journal has so many traces, each of them written as it always is; with `growing-service.ts` only. */
  growTo(traces: number): Promise<void>
  stop(): Promise<void>
}

interface Identity {
  readonly boxId: string
  readonly journalKey: string
  readonly latKey: string
  readonly tsaRoot: string
}

const root = new URL('../../../', import.meta.url).pathname
const log = createLogger({ component: 'bench', level: 'error' })

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** Starts a box under `folder`, which must be on the disk that is to be measured. */
export async function startBox(
  folder: string,
  { entry = 'appliance/src/main.ts', pendingDeposits = 256 } = {},
): Promise<BenchBox> {
  const home = await mkdtemp(join(folder, 'probant-bench-'))
  const cluster = await startCluster({
    dataFolder: join(home, 'postgres'),
    superuserPassword: systemRandomness.uuid(),
    log,
  })
  const password = systemRandomness.uuid()
  for (const role of ['box_owner', 'box_service', 'box_journal_reader', 'limit_owner'])
    await cluster.createRole(role, password)
  await cluster.createDatabase('box', {
    owner: 'box_owner',
    users: ['box_service', 'box_journal_reader'],
  })
  await cluster.createDatabase('limit', { owner: 'limit_owner', users: [] })
  const [port, administrationPort] = [await freePort(), await freePort()]
  const boxId = systemRandomness.uuid()
  const settings = join(home, 'settings.json')
  await writeFile(
    settings,
    JSON.stringify({
      boxId,
      name: 'bench',
      origin: `${boxId}/1`,
      home: join(home, 'box'),
      database: {
        socketFolder: cluster.socketFolder,
        port: cluster.port,
        database: 'box',
        owner: { user: 'box_owner', password },
        service: { user: 'box_service', password },
      },
      listen: { host: '127.0.0.1', port },
      administration: { host: '127.0.0.1', port: administrationPort },
      localSocket: join(home, 'box.sock'),
      keys: { provider: 'software', folder: join(home, 'keys') },
      centre: null,
      journal: { sealAfterSeconds: 60, idleSealSeconds: 3600 },
      limits: { objectBytes: 8 * 1024 ** 3, metadataBytes: 16_384, pendingDeposits },
      portalFolder: null,
    }),
    { mode: 0o600 },
  )
  const initialised = await output('appliance/src/initialise.ts', settings)
  const identity = JSON.parse(initialised) as Identity & { adminToken: string }
  const service = spawn(
    process.execPath,
    [
      ...(process.env['BENCH_PROFILE'] === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_PROFILE']}`]),
      join(root, entry),
      '--settings',
      settings,
    ],
    {
      stdio: [
        'ignore',
        process.env['BENCH_LOG'] === undefined ? 'ignore' : 'inherit',
        'inherit',
        'ipc',
      ],
    },
  )
  const exited = new Promise<void>((resolve) => service.on('exit', () => resolve()))
  await ready(`http://127.0.0.1:${administrationPort}/readyz`)
  const call = async (method: string, path: string, json: unknown) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${identity.adminToken}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(json),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.status === 204 ? {} : ((await answer.json()) as Record<string, string>)
  }
  const user = await call('POST', '/users', {
    user: 'bench',
    name: 'Bench',
    password: 'a password of the bench',
    roles: ['user'],
  })
  const vault = await call('POST', '/vaults', { name: 'bench' })
  await call('PUT', `/vaults/${vault['id'] ?? ''}/members/${user['id'] ?? ''}`, {
    rights: ['deposit', 'read'],
  })
  const token = await call('POST', '/tokens', { user: user['id'], label: 'b', expiresInDays: 1 })
  return {
    port,
    vault: vault['id'] ?? '',
    token: token['token'] ?? '',
    home,
    connection: cluster.connection('limit', 'limit_owner', password),
    pid: service.pid ?? 0,
    identity,
    signIn: (milliseconds) => service.send(milliseconds),
    async growTo(traces) {
      service.send(traces)
      await once(service, 'message')
    },
    async stop() {
      service.kill('SIGTERM')
      await exited
      await cluster.stop()
      await rm(home, { recursive: true })
      log.debug('bench box stopped')
    },
  }
}

function output(entry: string, settings: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, entry), '--settings', settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('exit', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${entry} ended with ${String(code)}`)),
    )
  })
}

async function ready(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the box did not get ready')
}
