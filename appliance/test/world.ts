import { createLogger } from '@probant/host'
import type { Connection } from '@probant/postgres'
import type { Server } from '@probant/web'
import { testDatabase, type TestDatabase } from '@probant/postgres/testing'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBox, type Box, type BoxOptions } from '../src/box.ts'
import { createApi } from '../src/http/server.ts'
import { initialise } from '../src/initialise.ts'
import type { ApplianceSettings } from '../src/settings.ts'

/** A box of its own for one test file: real database, files, keys and HTTP. */
export interface World {
  readonly settings: ApplianceSettings
  readonly database: TestDatabase
  readonly identity: Awaited<ReturnType<typeof initialise>>
  readonly box: Box
  readonly api: Server
  /** Errors that would have ended the process. */
  readonly fatal: Error[]
  call(
    method: string,
    path: string,
    options?: { token?: string; json?: unknown; body?: BodyInit; headers?: Record<string, string> },
  ): Promise<Response>
  /** Stops, for good or until `restart`. */
  stop(): Promise<void>
  /** Stops and starts again on the same folder and database. */
  restart(options?: Partial<BoxOptions>): Promise<void>
  close(): Promise<void>
}

export interface Staff {
  readonly vault: string
  readonly token: string
  readonly auditorToken: string
  readonly userId: string
}

/** Settings of a box on a database of this owner; every role has the owner's password. */
export function boxSettings(home: string, owner: Connection): ApplianceSettings {
  const { socketFolder, port, database, user, password } = owner
  return {
    boxId: '0b8f5d3e-1c1a-4d6b-9a52-7a4a35f3a001',
    name: 'test box',
    origin: '0b8f5d3e-1c1a-4d6b-9a52-7a4a35f3a001/1',
    home,
    database: {
      ...{ socketFolder, port, database },
      owner: { user, password },
      service: { user: 'box_service', password },
    },
    listen: { host: '127.0.0.1', port: 0 },
    administration: { host: '127.0.0.1', port: 0 },
    localSocket: join(home, 'box.sock'),
    keys: { provider: 'software', folder: join(home, 'keys') },
    centre: null,
    journal: { sealAfterSeconds: 60, idleSealSeconds: 3600 },
    limits: { objectBytes: 100 * 1024 * 1024, metadataBytes: 16_384, pendingDeposits: 64 },
    portalFolder: null,
  }
}

export async function createWorld(changes: Partial<ApplianceSettings> = {}): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'probant-box-'))
  const database = await testDatabase({
    name: 'box',
    owner: 'box_owner',
    roles: ['box_service', 'box_journal_reader'],
    migrations: new URL('../migrations', import.meta.url).pathname,
  })
  const settings = { ...boxSettings(home, database.connection), ...changes }
  const file = join(home, 'settings.json')
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 })
  const identity = await initialise(file)
  const fatal: Error[] = []
  const start = async (options: Partial<BoxOptions> = {}) => {
    const box = await openBox({
      settings,
      log: createLogger({
        component: 'appliance',
        level: process.env['TEST_LOG'] === undefined ? 'silent' : 'debug',
      }),
      fatal: (error) => fatal.push(error),
      ...options,
    })
    const api = await createApi(box)
    await api.listen({ host: '127.0.0.1', port: 0 })
    const address = api.server.address()
    const apiPort = typeof address === 'object' && address !== null ? address.port : 0
    return { box, api, base: `http://127.0.0.1:${apiPort}` }
  }
  let running = await start()
  let isRunning = true
  const stop = async () => {
    if (!isRunning) return
    isRunning = false
    await running.api.close()
    await running.box.close()
  }
  return {
    settings,
    database,
    identity,
    fatal,
    get box() {
      return running.box
    },
    get api() {
      return running.api
    },
    async call(method, path, { token, json, body, headers = {} } = {}) {
      const sent = json === undefined ? body : JSON.stringify(json)
      return fetch(`${running.base}/api/v1${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      })
    },
    stop,
    async restart(options) {
      await stop()
      running = await start(options)
      isRunning = true
    },
    async close() {
      await stop()
      await database.drop()
      await rm(home, { recursive: true })
    },
  }
}

/** A vault with somebody who may deposit and read, and an auditor. */
export async function staff(world: Pick<World, 'identity' | 'call'>): Promise<Staff> {
  const token = world.identity.adminToken
  const made = async (path: string, json: unknown) =>
    (await (await world.call('POST', path, { token, json })).json()) as Record<string, string>
  const password = 'a password of the tests'
  const user = await made('/users', { user: 'lea', name: 'Léa', password, roles: ['user'] })
  const auditor = await made('/users', { user: 'aud', name: 'Aud', password, roles: ['auditor'] })
  const vault = await made('/vaults', { name: 'Essais' })
  await world.call('PUT', `/vaults/${vault['id'] ?? ''}/members/${user['id'] ?? ''}`, {
    token,
    json: { rights: ['deposit', 'read'] },
  })
  const tokenOf = async (id: string | undefined) =>
    (await made('/tokens', { user: id, label: 'test', expiresInDays: 1 }))['token'] ?? ''
  return {
    vault: vault['id'] ?? '',
    userId: user['id'] ?? '',
    token: await tokenOf(user['id']),
    auditorToken: await tokenOf(auditor['id']),
  }
}

/** The multipart form of a deposit. */
export function form(
  content: Uint8Array<ArrayBuffer> | string,
  name = 'essai.txt',
  metadata: unknown = { title: 'Essai' },
): FormData {
  const data = new FormData()
  data.append('metadata', JSON.stringify(metadata))
  data.append('file', new Blob([content], { type: 'text/plain' }), name)
  return data
}
