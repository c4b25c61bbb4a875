import {
  claimedJournalState,
  decodeSegment,
  JournalVerifier,
  leafHash,
  parseNote,
  CompactRange,
  type JournalState,
  type Segment,
} from '@probant/evidence'
import type { Context } from '../context.ts'
import { segmentsCovering, type OriginKey } from '../store/segments.ts'

/** What the centre stores of the traces `start` … `end − 1`. */
export interface Stored {
  /** In order of `seq`, from `start` on. */
  traces: Uint8Array[]
  /** Text of the checkpoint of size `end`, when a stored segment ends there. */
  checkpointText: string | undefined
}

/**
 * Reads stored traces back; every file is compared with its digest.
 * @throws SupervisorError `stored-bytes-altered`
 */
export async function readStored(
  context: Context,
  key: OriginKey,
  start: number,
  end: number,
): Promise<Stored> {
  const traces: Uint8Array[] = []
  let checkpointText: string | undefined
  for (const segment of await storedSegments(context, key, start, end)) {
    const from = Math.max(0, start - segment.start)
    const upTo = Math.min(segment.traces.length, end - segment.start)
    traces.push(...segment.traces.slice(from, upTo))
    if (segment.start + segment.traces.length === end)
      checkpointText = parseNote(segment.checkpoint).text
  }
  if (traces.length !== end - start)
    throw new Error(`${traces.length} of the traces ${start} to ${end - 1} are stored`)
  return { traces, checkpointText }
}

/** The verified state at a size that was audited, rebuilt from the segment that holds it. */
export async function stateAt(
  context: Context,
  key: OriginKey,
  size: number,
): Promise<JournalState> {
  const [segment] = await storedSegments(context, key, size, size + 1)
  if (segment === undefined) throw new Error(`no stored segment holds trace ${size}`)
  // the header's claims were compared with the verified state before the segment was stored
  const verifier = new JournalVerifier(context.crypto, claimedJournalState(context.crypto, segment))
  for (const trace of segment.traces.slice(0, size - segment.start)) verifier.append(trace)
  verifier.finish()
  return verifier.state
}

/** Root of the tree over the first `size` stored traces; `size` is at least 1 and was audited. */
export async function rootAt(context: Context, key: OriginKey, size: number): Promise<Uint8Array> {
  const [segment] = await storedSegments(context, key, size - 1, size)
  if (segment === undefined) throw new Error(`no stored segment holds trace ${size - 1}`)
  const range = new CompactRange(context.crypto, segment.start, segment.range)
  for (const trace of segment.traces.slice(0, size - segment.start))
    range.append(leafHash(context.crypto, trace))
  return range.root()
}

async function storedSegments(
  context: Context,
  key: OriginKey,
  start: number,
  end: number,
): Promise<Segment[]> {
  const rows = await segmentsCovering(context.database, key, start, end)
  const segments: Segment[] = []
  for (const { sha256 } of rows) segments.push(decodeSegment(await context.bytes.get(sha256)))
  return segments
}
