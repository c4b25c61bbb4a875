import { mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createLogger, type Logger } from '@probant/host'
import pg from 'pg'
import { driverConfig, type Connection } from '../connection.ts'
import { PostgresError } from '../errors.ts'
import { embeddedServer } from './binaries.ts'
import { chooseLauncher, type Launcher } from './command.ts'
import { explainFailure } from './failure.ts'
import { SUPERUSER, initialise } from './initialise.ts'
import { stopPrevious } from './previous.ts'
import { serverUser, type ServerUser } from './privileges.ts'
import { createDatabase, createRole, type DatabaseRights } from './roles.ts'
import { readRunRecord, writeRunRecord } from './run-record.ts'
import { spawnServer, type Exit, type Server } from './server.ts'
import { SOCKET_PORT, removeSocketFolder, socketFolder } from './socket-folder.ts'

export interface ClusterOptions {
  /** Where the databases are; made when it doesn't exist. Two files are kept next to it. */
  dataFolder: string
  /** By default a short folder under the system's temporary one, the same again after a crash. */
  socketFolder?: string
  /** By default a random one, kept in `DATAFOLDER.superuser`, mode 0600. */
  superuserPassword?: string
  log?: Logger
  /** False in tests only: commits may then be lost in a power cut. */
  isDurable?: boolean
}

/** A running server. */
export interface Cluster {
  readonly pid: number
  readonly socketFolder: string
  readonly port: number
  connection(database: string, user: string, password: string): Connection
  superuser(database?: string): Connection
  /** A role that may log in, or its password set anew. May be repeated. */
  createRole(name: string, password: string): Promise<void>
  /** A database of `owner`; nobody else connects but `users`. May be repeated. */
  createDatabase(name: string, rights: DatabaseRights): Promise<void>
  /** Resolves, never rejects, when the server has ended for whatever reason. */
  readonly exited: Promise<Exit>
  /** Fast shutdown: open transactions are rolled back. Resolves when the process has ended. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 120_000
const POLL_MS = 40

/** After a kill -9 of the server its children need a moment to notice. */
const LEFTOVERS = /pre-existing shared memory block|lock file .* already exists/
const LEFTOVER_ATTEMPTS = 40

/**
 * Starts the embedded PostgreSQL on a data folder, making it first if need be; resolves when it
 * answers. A server that a killed run left there is stopped first. Reachable through a Unix socket
 * alone, every role by password.
 * @throws PostgresError `cluster`: one sentence that says what to do
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { log = createLogger({ component: 'postgres' }) } = options
  const dataFolder = await canonicalPath(options.dataFolder)
  const user = serverUser()
  const binaries = await embeddedServer()
  const previous = await readRunRecord(dataFolder)
  await stopPrevious(dataFolder, previous?.starter, log)
  const folder = await socketFolder(user, options.socketFolder, previous?.socketFolder)
  if (previous !== undefined && previous.socketFolder !== folder)
    await removeSocketFolder(previous.socketFolder)
  try {
    return await startIn(folder, { ...options, log, dataFolder, user, binaries })
  } catch (error) {
    await removeSocketFolder(folder)
    throw error
  }
}

interface Preparation extends ClusterOptions {
  log: Logger
  user: ServerUser
  binaries: string
}

async function startIn(folder: string, preparation: Preparation): Promise<Cluster> {
  const { dataFolder, user, binaries, log, isDurable = true } = preparation
  const { superuserPassword } = await initialise({ ...preparation, folder, isDurable })
  const launcher = await chooseLauncher(user, { binaries, data: dataFolder }, folder)
  await writeRunRecord(dataFolder, folder)
  const connection = (database: string, role: string, password: string): Connection => ({
    ...{ socketFolder: folder, port: SOCKET_PORT, database },
    ...{ user: role, password },
  })
  const superuser = (database = SUPERUSER) => connection(database, SUPERUSER, superuserPassword)
  const server = await startServer(launcher, superuser(), isDurable, log)
  return {
    pid: server.pid,
    socketFolder: folder,
    port: SOCKET_PORT,
    connection,
    superuser,
    createRole: (name, password) => createRole(superuser(), name, password),
    createDatabase: (name, rights) => createDatabase(superuser(), name, rights),
    exited: server.exited,
    async stop() {
      await server.stop()
      // after a crash the folder may be another cluster's by now
      if ((await server.exited).wasAsked) await removeSocketFolder(folder)
    },
  }
}

/** Mounts and the comparison of folders want the path without symbolic links. */
async function canonicalPath(folder: string): Promise<string> {
  const path = resolve(folder)
  await mkdir(dirname(path), { recursive: true })
  return join(await realpath(dirname(path)), basename(path))
}

async function startServer(
  launcher: Launcher,
  probe: Connection,
  isDurable: boolean,
  log: Logger,
): Promise<Server & { pid: number }> {
  for (let attempt = 1; ; attempt++) {
    const server = spawnServer(launcher, probe.socketFolder, isDurable, log)
    const { pid } = server
    const exit = await answers(probe, server)
    if (exit === undefined && pid !== undefined) return { ...server, pid }
    if (!LEFTOVERS.test(server.tail()) || attempt === LEFTOVER_ATTEMPTS)
      throw explainFailure('postgres', server.tail(), exit?.signal ?? exit?.code ?? null)
    await delay(250)
  }
}

/** Resolves when the superuser can log in, or when the server has ended. */
async function answers(probe: Connection, server: Server): Promise<Exit | undefined> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const refusal = await tryConnect(probe)
    if (refusal === undefined) return undefined
    if (waitedMs > START_TIMEOUT_MS || isFinal(refusal)) {
      await server.stop()
      throw new PostgresError(
        'cluster',
        `the database server started but doesn't let its superuser in: ${refusal.message}`,
        refusal,
      )
    }
    const exit = await Promise.race([server.exited, delay(POLL_MS)])
    if (exit !== undefined) return exit
  }
}

/** A wrong password won't become right by waiting. */
function isFinal(error: Error): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith('28') === true
}

async function tryConnect(probe: Connection): Promise<Error | undefined> {
  const client = new pg.Client(driverConfig(probe))
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.end()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
