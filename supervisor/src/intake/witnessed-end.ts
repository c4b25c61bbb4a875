import { EvidenceError, parseTrace, type Finding, type Segment } from '@probant/evidence'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { cosignedHeads } from '../store/cosigned-heads.ts'
import type { Origin } from '../store/origins.ts'

/**
 * A hole that reaches up to a head that was cosigned: its traces were the newest when that head was witnessed, and nothing between
 * was audited, so the end of the journal was deleted, and the box has gone on behind it. Such a hole is told as what it is beside
 * the gap that it leaves.
 */
export async function deletedEnd(
  context: Context,
  origin: Origin,
  segment: Segment,
  findings: readonly Finding[],
): Promise<Fact[]> {
  const from = findings.find(({ kind }) => kind === 'gap')?.seq
  if (from === undefined || from === null) return []
  const next = Math.min(...segment.traces.map(seqOf).filter((seq) => seq > from))
  const upTo = Math.min(next, Number.MAX_SAFE_INTEGER)
  const head = (await cosignedHeads(context.database, origin, from, upTo)).at(-1)
  if (head === undefined) return []
  const { size } = head
  const fact = factAt(
    origin.origin,
    'truncated',
    from,
    `traces up to ${size - 1}, as witnessed`,
    next <= upTo ? `none from ${from} to ${next - 1}` : `none from ${from} on`,
    { witnessedSize: size, size: from },
  )
  return [{ ...fact, key: `${origin.origin}|truncated|${size}` }]
}

function seqOf(bytes: Uint8Array): number {
  try {
    return parseTrace(bytes).seq
  } catch (error) {
    if (error instanceof EvidenceError) return -1
    throw error
  }
}
