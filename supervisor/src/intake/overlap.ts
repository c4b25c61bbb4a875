import { toHex, verifySegment, type Segment } from '@probant/evidence'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import type { Origin } from '../store/origins.ts'
import { receiptCovering } from '../store/segments.ts'
import { journalKeysFor } from '../witness/journal-keys.ts'
import { readHead } from '../witness/signed-head.ts'
import { firstDifference, type Difference } from './comparison.ts'
import { readStored, stateAt } from './stored-traces.ts'

/** What comes of a segment that starts before what is audited: a contradiction, an old receipt, or what is new of it. */
export type Overlap =
  | { fact: Fact; receipt?: never; rest?: never }
  | { fact?: never; receipt: string; size: number; rest?: never }
  | { fact?: never; receipt?: never; rest: Segment }

/** Compares what is stored already, byte by byte, and cuts it off. */
export async function compareOverlap(
  context: Context,
  origin: Origin,
  segment: Segment,
  bytes: Uint8Array,
): Promise<Overlap> {
  const end = segment.start + segment.traces.length
  const auditedSize = origin.state.size
  const stored = await readStored(context, origin, segment.start, Math.min(end, auditedSize))
  const difference = firstDifference(segment.start, stored.traces, segment.traces)
  if (difference !== undefined)
    return { fact: await contradiction(context, origin, segment, difference, bytes) }
  const tail = await missingTail(context, origin, segment, end)
  if (tail !== undefined) return { fact: { ...tail, foundBytes: bytes } }
  if (end <= auditedSize)
    return { receipt: await receiptCovering(context.database, origin, end), size: end }
  const { state } = origin
  return {
    rest: {
      origin: segment.origin,
      start: auditedSize,
      prev: state.prev,
      range: state.range.hashes(),
      sha3Chain: state.sha3.head,
      sha3Range: state.sha3.range.hashes(),
      traces: segment.traces.slice(auditedSize - segment.start),
      checkpoint: segment.checkpoint,
    },
  }
}

/**
 * What is shipped ends before what its own checkpoint covers: the traces after it are gone from the box, also where the centre has
 * stored them before. A receipt for what is left would vouch for a box that lost them.
 */
async function missingTail(
  context: Context,
  origin: Origin,
  segment: Segment,
  end: number,
): Promise<Fact | undefined> {
  const reading = await readHead(context, origin, segment.checkpoint)
  if ('fact' in reading) return reading.fact
  const { size } = reading.head.checkpoint
  if (size <= end) return undefined
  const fact = factAt(
    origin.origin,
    'truncated',
    end,
    `traces up to ${size - 1}, as signed`,
    `none from ${end} on`,
    { witnessedSize: size, size: end },
  )
  return { ...fact, key: `${origin.origin}|truncated|${size}` }
}

/** Whether all of a segment holds under its own checkpoint, signed by the box: then the box wrote it, whatever it wrote before. */
export async function isSigned(
  context: Context,
  origin: Origin,
  segment: Segment,
): Promise<boolean> {
  const before = await stateAt(context, origin, segment.start)
  const keys = journalKeysFor(origin, segment.checkpoint)
  const { findings } = await verifySegment(context.crypto, before, segment, keys)
  return findings.length === 0
}

/** Two leaves at one place, each under a checkpoint that the box signed, are two histories; else one was altered. */
async function contradiction(
  context: Context,
  origin: Origin,
  segment: Segment,
  { seq, kind, stored, shipped }: Difference,
  bytes: Uint8Array,
): Promise<Fact> {
  const { crypto } = context
  const digest = (trace: Uint8Array) => `SHA-256 ${toHex(crypto.hash('sha256', trace))}`
  const fact = factAt(
    origin.origin,
    (await isSigned(context, origin, segment)) ? 'fork' : kind,
    seq,
    `the trace stored before, ${digest(stored)}`,
    shipped === undefined ? 'no trace' : `a trace with ${digest(shipped)}`,
  )
  return { ...fact, expectedBytes: stored, foundBytes: bytes }
}
