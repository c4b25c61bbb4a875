import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a path has to leave for the longest socket name in it (`.s.PGSQL.5432`, in a folder). */
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

export async function removeSocketFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}
