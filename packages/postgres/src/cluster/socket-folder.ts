import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rmdir, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresError } from '../errors.ts'
import { canReach, type ServerUser } from './privileges.ts'

/** Part of the socket's name, nothing more: the server listens on no network. */
export const SOCKET_PORT = 5432

const SOCKET = `.s.PGSQL.${SOCKET_PORT}`

/** sun_path of <linux/un.h> is 108 bytes with its final zero. */
const LONGEST_SOCKET_PATH = 107

/**
 * A folder for the socket, short enough and passable by everyone (passwords guard the server).
 * @param asked the caller's wish, made if it doesn't exist
 * @param previous the folder of an earlier run, taken again if it is still ours
 */
export async function socketFolder(
  user: ServerUser,
  asked: string | undefined,
  previous: string | undefined,
): Promise<string> {
  if (asked !== undefined) {
    await mkdir(asked, { recursive: true })
    return prepare(user, asked)
  }
  if (previous !== undefined && (await isOurs(user, previous))) return prepare(user, previous)
  return prepare(user, await mkdtemp(join(await temporaryFolder(user), 'pg-')))
}

/** The user's own temporary folder may be too long a path, or closed to the server (pam_tmpdir). */
async function temporaryFolder(user: ServerUser): Promise<string> {
  for (const folder of [tmpdir(), '/var/tmp']) {
    const inside = join(folder, 'pg-XXXXXX')
    if (fits(inside) && (await canReach(user, inside))) return folder
  }
  return '/tmp'
}

/**
 * Removes the socket, its lock file and the mount points, then the folder if it is empty. Never
 * recursively: in the server's namespace the data folder is mounted below.
 */
export async function removeSocketFolder(folder: string): Promise<void> {
  const gone = () => undefined
  await unlink(join(folder, SOCKET)).catch(gone)
  await unlink(join(folder, `${SOCKET}.lock`)).catch(gone)
  for (const name of ['server', 'data']) await rmdir(join(folder, name)).catch(gone)
  await rmdir(folder).catch(gone)
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, SOCKET)) <= LONGEST_SOCKET_PATH
}

async function prepare(user: ServerUser, folder: string): Promise<string> {
  if (!fits(folder))
    throw new PostgresError(
      'cluster',
      `${folder} is too long a path for a Unix socket (${LONGEST_SOCKET_PATH} bytes with its name): ` +
        'set TMPDIR to a shorter one',
    )
  if (!(await canReach(user, folder)))
    throw new PostgresError(
      'cluster',
      `the database server, which runs as uid ${user.uid}, can't reach ${folder}: set TMPDIR to a ` +
        'folder that everyone may pass through',
    )
  await chmod(folder, 0o711)
  if (user.isOther) await chown(folder, user.uid, user.gid)
  return folder
}

/** Anyone may make names in a shared temporary folder, so a recorded one is looked at again. */
async function isOurs(user: ServerUser, folder: string): Promise<boolean> {
  try {
    const status = await lstat(folder)
    await readdir(folder)
    return status.isDirectory() && status.uid === user.uid && fits(folder)
  } catch {
    return false
  }
}
