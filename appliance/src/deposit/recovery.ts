import type { Database } from '@probant/postgres'
import type { ObjectFiles } from '../store/files.ts'
import { existingObjects } from '../store/objects.ts'

export interface Recovered {
  readonly stagingRemoved: number
  readonly orphansRemoved: number
}

/**
 * Removes what interrupted deposits left: every staging file, and every published file whose transaction never committed. Runs at each
 * start, after the journal took its epoch (so no older process can still commit one of them) and before the first request.
 */
export async function removeLeftovers(database: Database, files: ObjectFiles): Promise<Recovered> {
  const staged = await files.staged()
  for (const id of staged) await files.discard(id)
  let orphansRemoved = 0
  for await (const names of files.published()) {
    if (names.length === 0) continue
    const kept = await existingObjects(database, names)
    for (const name of names) {
      if (kept.has(name)) continue
      await files.discard(name)
      orphansRemoved += 1
    }
  }
  return { stagingRemoved: staged.length, orphansRemoved }
}
