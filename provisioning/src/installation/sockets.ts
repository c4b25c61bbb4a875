import { chmod, mkdtemp, readdir, rmdir, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a path has to leave for the longest socket name in it (`pg/.s.PGSQL.5432.lock`). */
const LONGEST_FOLDER = 60

/**
 * A short folder for Unix sockets, whose paths may hold 107 bytes only. Others may pass through it
 * (PostgreSQL runs under a uid of its own) but not list it; each socket has its own rights.
 */
export async function makeSocketFolder(): Promise<string> {
  const base = tmpdir().length <= LONGEST_FOLDER ? tmpdir() : '/tmp'
  const folder = await mkdtemp(join(base, 'probant-'))
  await chmod(folder, 0o711)
  return folder
}

/**
 * Removes it with the sockets in it. Two levels and nothing below: PostgreSQL's data may be mounted
 * there for PostgreSQL alone, and is to be seen by nobody who removes things.
 */
export async function removeSocketFolder(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await removeShallow(path)
    else await unlink(path).catch(ignored)
  }
  await rmdir(folder).catch(ignored)
}

async function removeShallow(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    await (entry.isDirectory() ? rmdir(path) : unlink(path)).catch(ignored)
  }
  await rmdir(folder).catch(ignored)
}

/** What is gone already, or not empty, is left as it is: a folder left behind harms nobody. */
function ignored(): undefined {
  return undefined
}
