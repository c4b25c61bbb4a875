import {
  encodeSegment,
  maximumSegmentBytes,
  maximumSegmentTraces,
  maximumTraceBytes,
} from '@probant/evidence'
import type { JournalReader, StoredCheckpoint, StoredTrace, TraceLength } from '../store/journal.ts'
import type { Position } from './position.ts'
import type { Positions } from './positions.ts'

/** A segment ready to ship. */
export interface BuiltSegment {
  bytes: Uint8Array
  start: number
  /** Size of the checkpoint it carries. */
  end: number
  traces: number
  /** The position after its traces; undefined when they don't lead up to the checkpoint. */
  after: Position | undefined
}

/** Room left for the header and the length prefixes within the segment's limit. */
const HEADER_BYTES = 16 * 1024
const PREFIX_BYTES = 4

/** Longest trace that the format lets through, so that a longer one can be named at its `seq`. */
const LONGEST_SHIPPED_TRACE = 2 * maximumTraceBytes

/**
 * The next segment from a position on: traces up to the newest checkpoint that the limits allow. Where a trace is missing,
 * or no checkpoint stands within the limits, what the database does hold is put into one segment all the same, with the
 * first checkpoint that claims to cover it: its `count` then disagrees with the checkpoint's size and its traces skip a
 * `seq`, which is how the centre sees what is missing. Undefined when nothing after the position is signed.
 */
export async function nextSegment(
  journal: JournalReader,
  positions: Positions,
  origin: string,
  position: Position,
): Promise<BuiltSegment | undefined> {
  // The checkpoint first: traces are committed before they are signed, so what it covers has to be there.
  const newest = await journal.newestCheckpoint()
  const start = position.size
  if (newest === undefined || newest.size <= start) return undefined
  const present = fitting(await journal.traceLengths(start, newest.size, maximumSegmentTraces))
  const last = present.at(-1)
  if (last === undefined) return withTailGone(journal, positions, origin, start, newest)
  const contiguous = countContiguous(present, start)
  const covered = await journal.newestCheckpointWithin(start, start + contiguous)
  if (covered !== undefined)
    return build(origin, position, await journal.traces(start, covered.size), covered)
  const claimed = (await journal.oldestCheckpointFrom(last.seq + 1)) ?? newest
  return build(origin, position, await journal.traces(start, last.seq + 1), claimed)
}

/**
 * Every trace after `start` is gone although a checkpoint covers them. A segment holds at least one trace, so the one
 * shipped before goes again under that checkpoint: the centre compares the overlap and finds where the traces end.
 */
async function withTailGone(
  journal: JournalReader,
  positions: Positions,
  origin: string,
  start: number,
  newest: StoredCheckpoint,
): Promise<BuiltSegment | undefined> {
  const position = await positions.at(positions.boundaryBefore(start))
  const traces = await journal.traces(position.size, position.size + maximumSegmentTraces)
  return traces.length === 0 ? undefined : build(origin, position, traces, newest)
}

/**
 * What shows that the end of what was audited is gone from the database: the last trace that is left of it, under a checkpoint that
 * covers more. Whatever the box has written behind the hole since, the centre sees by its own signature that traces are missing from
 * there on. Undefined when the end is in place, or nothing is left that could show it: the newest head does then.
 */
export async function withAuditedEndGone(
  journal: JournalReader,
  positions: Positions,
  origin: string,
  auditedSize: number,
): Promise<BuiltSegment | undefined> {
  const end = await journal.endBelow(auditedSize)
  if (end === 0 || end === auditedSize) return undefined
  const claimed = await journal.oldestCheckpointFrom(end + 1)
  const position = await positions.at(end - 1)
  const traces = await journal.traces(position.size, end)
  if (claimed === undefined || traces.length === 0 || traces.length > maximumSegmentTraces)
    return undefined
  return build(origin, position, traces, claimed)
}

/**
 * The stored segment [start, end) as the database gives it now, for the centre to compare with what it was shipped.
 * Undefined when not one of its traces is left.
 */
export async function segmentAsStored(
  journal: JournalReader,
  origin: string,
  position: Position,
  end: number,
): Promise<BuiltSegment | undefined> {
  const checkpoint =
    (await journal.checkpointAt(end)) ??
    (await journal.oldestCheckpointFrom(end)) ??
    (await journal.newestCheckpoint())
  const traces = await journal.traces(position.size, end)
  if (checkpoint === undefined || traces.length === 0) return undefined
  return build(origin, position, traces, checkpoint)
}

function build(
  origin: string,
  position: Position,
  traces: StoredTrace[],
  checkpoint: StoredCheckpoint,
): BuiltSegment {
  const shipped = traces.map(({ bytes }) => bytes.subarray(0, LONGEST_SHIPPED_TRACE))
  const bytes = encodeSegment({
    origin,
    ...position.header(),
    traces: shipped,
    checkpoint: checkpoint.note,
  })
  const after = position.clone()
  for (const trace of shipped) after.append(trace)
  const whole = after.size === checkpoint.size && traces.every(isAt(position.size))
  return {
    bytes,
    start: position.size,
    end: checkpoint.size,
    traces: traces.length,
    after: whole ? after : undefined,
  }
}

/** The first traces that fit into one segment. */
function fitting(lengths: TraceLength[]): TraceLength[] {
  let total = HEADER_BYTES
  return lengths.filter(({ lengthBytes }) => {
    total += PREFIX_BYTES + Math.min(lengthBytes, LONGEST_SHIPPED_TRACE)
    return total <= maximumSegmentBytes
  })
}

function countContiguous(lengths: TraceLength[], start: number): number {
  const isInPlace = isAt(start)
  const hole = lengths.findIndex((trace, index) => !isInPlace(trace, index))
  return hole === -1 ? lengths.length : hole
}

/** Whether the row at an index of a list that begins with `start` is the one that belongs there. */
function isAt(start: number): (trace: { seq: number }, index: number) => boolean {
  return ({ seq }, index) => seq === start + index
}
