import { randomBytes } from 'node:crypto'
import { open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a whole file so that, when this resolves, `path` holds exactly `data` and survives a power
 * cut; at any moment before, readers see the old content or the new, never a part.
 * Concurrent callers on one path: the last rename wins. Safe to retry.
 * @param mode of the file, by default readable by its owner only
 */
export async function writeDurably(
  path: string,
  data: Uint8Array | string,
  mode = 0o600,
): Promise<void> {
  const folder = dirname(path)
  const staging = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(staging, 'wx', mode)
    try {
      await file.writeFile(data)
      // the umask may have taken bits away from what was asked for
      await file.chmod(mode)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(staging, path)
  } catch (error) {
    await unlink(staging).catch(() => undefined)
    throw error
  }
  await syncFolder(folder)
}

/**
 * Renames a file that is itself already synced; durable in both folders when this resolves.
 * An existing `to` is replaced.
 */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncFolder(dirname(to))
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from))
}

/** Makes the names in a folder durable: files created, renamed or removed in it before the call. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
