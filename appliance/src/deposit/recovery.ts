import type { Database } from '@probant/postgres'
import type { ObjectFiles } from '../store/files.ts'
import { existingObjects } from '../store/objects.ts'

export interface Recovered {
  readonly stagingRemoved: number
  readonly orphansRemoved: number
}

/** What the store names a file; anything else there (lost+found, an operator's note) is not the store's to remove. */
const IDENTIFIER = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Removes what interrupted deposits left: every staging file, and every published file whose transaction never committed. Runs at each
 * start, after the journal took its epoch (so no older process can still commit one of them) and before the first request.
 */
export async function removeLeftovers(database: Database, files: ObjectFiles): Promise<Recovered> {
  const staged = (await files.staged()).filter((name) => IDENTIFIER.test(name))
  for (const id of staged) await files.discard(id)
  let orphansRemoved = 0
  for await (const names of files.published()) {
    const identifiers = names.filter((name) => IDENTIFIER.test(name))
    if (identifiers.length === 0) continue
    const kept = await existingObjects(database, identifiers)
    for (const name of identifiers) {
      if (kept.has(name)) continue
      await files.discard(name)
      orphansRemoved += 1
    }
  }
  return { stagingRemoved: staged.length, orphansRemoved }
}
