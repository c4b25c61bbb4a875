import {
  compareHeads,
  consistencyProof,
  formatCheckpointText,
  formatNote,
  leafHash,
  parseCheckpoint,
  parseNote,
} from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import {
  extendTile,
  headLogOf,
  insertLogCheckpoint,
  newestLogCheckpoint,
  storeLeaves,
  takeQueued,
  type HeadLog,
} from '../store/head-log.ts'
import { DEFAULT_TENANT } from '../store/rows.ts'
import { TILE_HEIGHT, TILE_WIDTH, TileReader } from './tiles.ts'

const HEADS_AT_ONCE = 2000

/**
 * Gives each cosigned head that waits its place in the log, and signs the log as it is then. Safe beside the same of another
 * process, and after being cut anywhere: what has a place keeps it, and a size that was not signed is signed by the next round.
 * @returns false: a round does all there is
 * @throws SupervisorError `stored-bytes-altered` when the log no longer contains what was signed of it
 */
export async function keepHeadLog(context: Context, tenantId = DEFAULT_TENANT): Promise<boolean> {
  const { database } = context
  for (;;) {
    const taken = await database.transaction((client) => placeQueued(client, context, tenantId))
    if (taken < HEADS_AT_ONCE) break
  }
  await signHeadLog(context, tenantId)
  return false
}

async function placeQueued(client: Client, { crypto }: Context, tenantId: string): Promise<number> {
  const log = await headLogOf(client, tenantId, true)
  if (log === undefined) return 0
  const heads = await takeQueued(client, tenantId, HEADS_AT_ONCE)
  if (heads.length === 0) return 0
  const added = new Tiles()
  for (const { leaf } of heads)
    log.range.append(leafHash(crypto, leaf), (level, index, hash) => added.take(level, index, hash))
  await storeLeaves(client, log, heads)
  await added.store(client, tenantId)
  return heads.length
}

/** What is signed was committed, and is held against what was signed before. */
async function signHeadLog(context: Context, tenantId: string): Promise<void> {
  const { database, keys, clock } = context
  const log = await headLogOf(database, tenantId)
  const newest = await newestLogCheckpoint(database, tenantId)
  if (log === undefined || log.range.size === 0 || newest?.size === log.range.size) return
  const { origin, range } = log
  const checkpoint = { origin, size: range.size, root: range.root() }
  if (newest !== undefined) await checkAgainst(context, log, newest.note)
  const text = formatCheckpointText(checkpoint)
  const atMs = clock.nowMs()
  const lines = await keys.cosign(text, Math.floor(atMs / 1000))
  const note = formatNote(text, lines)
  await insertLogCheckpoint(database, tenantId, { size: range.size, note }, atMs)
}

async function checkAgainst(
  { database, crypto }: Context,
  { tenantId, origin, range }: HeadLog,
  note: string,
): Promise<void> {
  const signed = parseCheckpoint(parseNote(note).text)
  const now = { origin, size: range.size, root: range.root() }
  const reader = new TileReader(database, tenantId, crypto)
  const proof =
    signed.size < now.size
      ? await consistencyProof(crypto, reader, signed.size, now.size)
      : undefined
  if (signed.size > now.size || compareHeads(crypto, signed, now, proof) !== 'consistent')
    throw new SupervisorError(
      'stored-bytes-altered',
      `the log of cosigned heads no longer contains its ${signed.size} entries signed before`,
    )
}

/** Hashes to be added, by tile. */
class Tiles {
  readonly #tiles = new Map<
    string,
    { level: number; tile: number; before: number; hashes: Uint8Array[] }
  >()

  take(level: number, index: number, hash: Uint8Array): void {
    if (level % TILE_HEIGHT !== 0) return
    const at = { level: level / TILE_HEIGHT, tile: Math.floor(index / TILE_WIDTH) }
    const name = `${at.level}/${at.tile}`
    const known = this.#tiles.get(name)
    if (known === undefined)
      this.#tiles.set(name, { ...at, before: index % TILE_WIDTH, hashes: [hash] })
    else known.hashes.push(hash)
  }

  async store(client: Client, tenantId: string): Promise<void> {
    for (const { before, hashes, ...at } of this.#tiles.values())
      if (!(await extendTile(client, tenantId, at, before, hashes)))
        throw new SupervisorError(
          'stored-bytes-altered',
          `tile ${at.level}/${at.tile} of the log of cosigned heads has not ${before} hashes`,
        )
  }
}
