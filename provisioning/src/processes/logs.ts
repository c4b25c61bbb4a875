import { copyFile, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'

const LARGEST_LOG_BYTES = 20 * 1024 * 1024
const LOOK_EVERY_MS = 30_000

/**
 * Keeps each log under about 20 MiB and one earlier copy of it. The parts append to an open file, so it
 * is copied and cut in place; the few lines written between the two are lost.
 * @returns a function that ends it
 */
export function keepLogsSmall(folder: string): () => void {
  const timer = setInterval(() => {
    // a log that can't be cut now is looked at again half a minute later
    void cutLogs(folder, LARGEST_LOG_BYTES).catch(() => undefined)
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

export async function cutLogs(folder: string, largestBytes: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (!name.endsWith('.log') || (await stat(path)).size <= largestBytes) continue
    await copyFile(path, `${path}.1`)
    await truncate(path, 0)
  }
}
