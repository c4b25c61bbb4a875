import { consistencyProof, inclusionProof, toBase64 } from '@probant/evidence'
import type { LogAnswer, LogRequest } from '@probant/shipping'
import type { Context } from '../context.ts'
import { newestLogCheckpoint, placesOf } from '../store/head-log.ts'
import type { OriginKey } from '../store/segments.ts'
import { TileReader } from './tiles.ts'

/**
 * The newest checkpoint of the centre's log, with the proof that it contains the one that the box knows, and that heads of its
 * journal are in it. Of a size beyond the log's own there is no proof.
 */
export async function answerLog(
  context: Context,
  key: OriginKey,
  { size, heads }: LogRequest,
): Promise<LogAnswer> {
  const { database, crypto } = context
  const newest = await newestLogCheckpoint(database, key.tenantId)
  if (newest === undefined) return { note: null, proof: [], inclusions: heads.map(() => null) }
  const reader = new TileReader(database, key.tenantId, crypto)
  const proof = size > newest.size ? [] : await consistencyProof(crypto, reader, size, newest.size)
  const places = await placesOf(database, key, heads)
  const inclusions = places.map(async (index) => {
    if (index === undefined || index >= newest.size) return null
    const path = await inclusionProof(crypto, reader, index, newest.size)
    return { index, path: path.map(toBase64) }
  })
  return {
    note: newest.note,
    proof: proof.map(toBase64),
    inclusions: await Promise.all(inclusions),
  }
}
