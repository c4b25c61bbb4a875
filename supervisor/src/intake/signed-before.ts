import { CompactRange, equalBytes, leafHash, toBase64, utf8, type Segment } from '@probant/evidence'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { cosignedHeads, type CosignedHead } from '../store/cosigned-heads.ts'
import type { Origin } from '../store/origins.ts'

/**
 * Compares the leaves of a segment that starts at the audited size with every head that the box signed, and the centre
 * cosigned, for a size within it. The first that the leaves contradict is proof that the box signed two histories.
 */
export async function forksFromHeads(
  context: Context,
  origin: Origin,
  segment: Segment,
): Promise<Fact[]> {
  const { crypto, database } = context
  const end = segment.start + segment.traces.length
  const heads = await cosignedHeads(database, origin, segment.start, end)
  if (heads.length === 0) return []
  const bySize = new Map<number, CosignedHead[]>()
  for (const head of heads) bySize.set(head.size, [...(bySize.get(head.size) ?? []), head])
  const range = new CompactRange(crypto, segment.start, origin.state.range.hashes())
  for (const trace of segment.traces) {
    range.append(leafHash(crypto, trace))
    const root = range.root()
    const other = bySize.get(range.size)?.find((head) => !equalBytes(head.root, root))
    if (other !== undefined) return [fork(origin, segment, other, root)]
  }
  return []
}

function fork(origin: Origin, segment: Segment, head: CosignedHead, root: Uint8Array): Fact {
  const { size, note } = head
  const fact = factAt(
    origin.origin,
    'fork',
    null,
    `the root ${toBase64(head.root)} at size ${size}, as signed and cosigned before`,
    `traces whose root at that size is ${toBase64(root)}`,
    { size },
  )
  return {
    ...fact,
    key: `${origin.origin}|fork|${size}`,
    expectedBytes: utf8(note),
    foundBytes: utf8(segment.checkpoint),
  }
}
