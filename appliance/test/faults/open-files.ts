import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Files of a box's store that this process holds open. */
export async function openFiles(home: string): Promise<string[]> {
  const store = join(home, 'store')
  const held: string[] = []
  for (const descriptor of await readdir('/proc/self/fd')) {
    // one may be closed meanwhile
    const path = await readlink(`/proc/self/fd/${descriptor}`).catch(() => '')
    if (path.startsWith(store)) held.push(path)
  }
  return held
}
