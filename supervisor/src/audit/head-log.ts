import {
  CompactRange,
  EvidenceError,
  equalBytes,
  leafHash,
  parseHeadLogLeaf,
  parseVkey,
  toBase64,
  verifyHeadLogNote,
} from '@probant/evidence'
import type { Context } from '../context.ts'
import { TILE_WIDTH } from '../head-log/tiles.ts'
import {
  headLogOf,
  headsLeftOut,
  leavesBetween,
  headsCosignedTwice,
  logCheckpointsAfter,
  newestLogCheckpoint,
  readTile,
  type LogCheckpoint,
  type LoggedHead,
} from '../store/head-log.ts'
import type { Difference } from './difference.ts'

const CHECKPOINTS_AT_ONCE = 1000

export interface HeadLogAudit {
  readonly origin: string
  readonly entries: number
  readonly checkpoints: number
  readonly differences: readonly Difference[]
}

/**
 * Recomputes the centre's log of cosigned heads from its stored entries: its tiles, every checkpoint signed over it, and that each
 * head cosigned since it was opened is in it or on its way, and none with two roots.
 */
export async function auditHeadLog(
  context: Context,
  tenantId: string,
): Promise<HeadLogAudit | undefined> {
  const { crypto, database } = context
  // Read first: while the audit goes on, the log only grows.
  const newest = await newestLogCheckpoint(database, tenantId)
  const log = await headLogOf(database, tenantId)
  if (log === undefined) return undefined
  const { origin } = log
  const recomputed = new CompactRange(crypto)
  const wrong = (seq: number | null, expected: string, found: string): Difference => ({
    place: origin,
    seq,
    expected,
    found,
  })
  const ended = (differences: readonly Difference[], checkpoints: number): HeadLogAudit => ({
    origin,
    entries: recomputed.size,
    checkpoints,
    differences,
  })
  const readUpTo = async (size: number): Promise<Difference | undefined> => {
    while (recomputed.size < size) {
      const start = recomputed.size
      const tile = Math.floor(start / TILE_WIDTH)
      const end = Math.min(size, (tile + 1) * TILE_WIDTH)
      const leaves = await leavesBetween(database, tenantId, start, end)
      const stored = (await readTile(database, tenantId, 0, tile)).slice(start % TILE_WIDTH)
      for (const [at, { index, head }] of leaves.entries()) {
        const hash = leafHash(crypto, head.leaf)
        const isInTile = equalBytes(hash, stored[at] ?? new Uint8Array())
        if (index !== start + at || !isInTile || !isOf(head))
          return wrong(start + at, 'the entry of its row and tile', 'another')
        recomputed.append(hash)
      }
      if (recomputed.size < end) return wrong(recomputed.size, 'an entry', 'none')
    }
    return undefined
  }
  const { size } = log.range
  if ((newest?.size ?? 0) > size)
    return ended([wrong(size, `${newest?.size ?? 0} entries, as signed`, `${size}`)], 0)
  let checkpoints = 0
  for (let after = 0; ;) {
    const page = await logCheckpointsAfter(database, tenantId, after, size, CHECKPOINTS_AT_ONCE)
    for (const signed of page) {
      const missing = await readUpTo(signed.size)
      if (missing !== undefined) return ended([missing], checkpoints)
      const fault = await faultOf(context, signed, origin, recomputed)
      if (fault !== undefined)
        return ended(
          [wrong(signed.size, 'the log that this checkpoint states', fault)],
          checkpoints,
        )
      checkpoints += 1
      after = signed.size
    }
    if (page.length < CHECKPOINTS_AT_ONCE) break
  }
  const missing = await readUpTo(size)
  if (missing !== undefined) return ended([missing], checkpoints)
  if (!equalBytes(recomputed.root(), log.range.root()))
    return ended([wrong(size, 'the root that was recomputed', 'another')], checkpoints)
  const twice = await headsCosignedTwice(database, tenantId, 100)
  const leftOut = await headsLeftOut(database, tenantId, 100)
  const differences = [
    ...twice.map((head) => wrong(null, `one root of ${head.origin} at size ${head.size}`, 'two')),
    ...leftOut.map((head) =>
      wrong(null, `an entry for ${head.origin} at size ${head.size}, which was cosigned`, 'none'),
    ),
  ]
  return ended(differences, checkpoints)
}

/** Whether a row's columns are what its entry says. */
function isOf({ leaf, origin, size, cosignedAtMs }: LoggedHead): boolean {
  try {
    const said = parseHeadLogLeaf(leaf)
    const time = Math.floor(cosignedAtMs / 1000)
    return said.origin === origin && said.size === size && said.time === time
  } catch (error) {
    if (error instanceof EvidenceError) return false
    throw error
  }
}

/** Why a checkpoint is none of this log; undefined when it is. */
async function faultOf(
  { crypto, keys }: Context,
  { size, note }: LogCheckpoint,
  origin: string,
  recomputed: CompactRange,
): Promise<string | undefined> {
  const witnessKeys = keys.witnessVkeys.map((key) => parseVkey(key, crypto))
  const { verdict, checkpoint } = await verifyHeadLogNote(crypto, note, witnessKeys)
  if (verdict.status !== 'valid') return verdict.status
  if (checkpoint?.origin !== origin || checkpoint.size !== size || size !== recomputed.size)
    return `a checkpoint of another size than ${recomputed.size}`
  return equalBytes(checkpoint.root, recomputed.root())
    ? undefined
    : `the root ${toBase64(checkpoint.root)}`
}
