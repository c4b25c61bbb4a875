import { spawn } from 'node:child_process'
import {
  chmod,
  chown,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder, systemRandomness, writeDurably, type Logger } from '@probant/host'
import { PostgresError } from '../errors.ts'
import { MAJOR_VERSION } from './binaries.ts'
import { chooseLauncher, type Launcher } from './command.ts'
import { explainFailure } from './failure.ts'
import type { ServerUser } from './privileges.ts'

export interface Initialisation {
  dataFolder: string
  binaries: string
  /** The socket's folder, also the place for mount points and the short-lived password file. */
  folder: string
  user: ServerUser
  superuserPassword?: string
  isDurable: boolean
  log: Logger
}

/** The administrator of the cluster; services never connect as it. */
export const SUPERUSER = 'postgres'

/**
 * Makes the data folder unless it is there, and gives the superuser's password. The folder appears
 * under its name only once complete, so an interrupted run leaves nothing that looks like data.
 * @throws PostgresError `cluster`
 */
export async function initialise(options: Initialisation): Promise<{ superuserPassword: string }> {
  const { dataFolder, user } = options
  if (!(await isInitialised(dataFolder))) await create(options)
  await checkOwner(dataFolder, user)
  return { superuserPassword: options.superuserPassword ?? (await storedPassword(dataFolder)) }
}

async function isInitialised(dataFolder: string): Promise<boolean> {
  const version = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version === undefined) {
    const entries = await readdir(dataFolder).catch(() => [])
    if (entries.length === 0) return false
    throw new PostgresError('cluster', `${dataFolder} holds files but no database: choose another`)
  }
  if (version.trim() === MAJOR_VERSION) return true
  throw new PostgresError(
    'cluster',
    `${dataFolder} was made by PostgreSQL ${version.trim()}; this version brings ${MAJOR_VERSION}`,
  )
}

async function create(options: Initialisation): Promise<void> {
  const { dataFolder, user, folder, binaries } = options
  const staging = `${dataFolder}.new`
  const password =
    options.superuserPassword ?? Buffer.from(systemRandomness.bytes(24)).toString('base64url')
  await mkdir(dirname(dataFolder), { recursive: true })
  await rm(staging, { recursive: true, force: true })
  await mkdir(staging, { mode: 0o700 })
  const launcher = await chooseLauncher(user, { binaries, data: staging }, folder)
  if (user.isOther) await chown(staging, user.uid, user.gid)
  try {
    await runInitdb(launcher, await passwordFile(options, password), options)
    await writeDurably(passwordPath(dataFolder), `${password}\n`)
    await rm(dataFolder, { recursive: true, force: true })
    await rename(staging, dataFolder)
    await syncFolder(dirname(dataFolder))
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    throw error
  } finally {
    await unlink(join(folder, 'password')).catch(() => undefined)
  }
}

async function passwordFile({ folder, user }: Initialisation, password: string): Promise<string> {
  const path = join(folder, 'password')
  await writeFile(path, `${password}\n`, { mode: 0o600, flag: 'wx' })
  if (user.isOther) await chown(path, user.uid, user.gid)
  await chmod(path, 0o400)
  return path
}

async function runInitdb(
  launcher: Launcher,
  passwordPath: string,
  { isDurable, log }: Initialisation,
): Promise<void> {
  const { file, args, options } = launcher.launch('initdb', [
    `--pgdata=${launcher.view.data}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordPath}`,
    '--auth=scram-sha-256',
    '--no-locale',
    '--encoding=UTF8',
    '--data-checksums',
    '--no-instructions',
    ...(isDurable ? [] : ['--no-sync']),
  ])
  const child = spawn(file, args, {
    ...options,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const failure = await new Promise<Error | number | NodeJS.Signals | null>((resolve) => {
    child.once('error', resolve)
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  if (failure === 0) return
  log.error({ output }, 'initdb failed')
  throw explainFailure('initdb', output, failure)
}

/** Nothing of ours: no HOME, no locale, no PG* variable of the user's shell. */
export const SERVER_ENVIRONMENT = {
  PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`,
  LC_ALL: 'C',
  TZ: 'UTC',
}

async function checkOwner(dataFolder: string, user: ServerUser): Promise<void> {
  const { uid } = await stat(dataFolder)
  if (uid === user.uid) return
  throw new PostgresError(
    'cluster',
    `${dataFolder} belongs to uid ${uid}, not to ${user.uid}: start as the user who started it ` +
      'first, or run "npm run reset"',
  )
}

async function storedPassword(dataFolder: string): Promise<string> {
  const path = passwordPath(dataFolder)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new PostgresError(
      'cluster',
      `${path}, the database superuser's password, can't be read: restore it or run "npm run reset"`,
      error,
    )
  })
  return text.trim()
}

function passwordPath(dataFolder: string): string {
  return `${dataFolder}.superuser`
}
