import { createHash, hash } from 'node:crypto'
import {
  claimedJournalState,
  decodeSegment,
  emptyJournalState,
  parseVkey,
  verifySegment,
  type JournalState,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { ORIGIN } from './journal.ts'

export type Work = 'verify' | 'hash-each' | 'hash-stream' | 'digests'

/**
 * Does one kind of work over segments that follow each other.
 * @returns traces per second
 */
export async function rate(
  work: Work,
  segments: readonly Uint8Array[],
  journalKey: string,
  origin = ORIGIN,
): Promise<number> {
  const beganAt = performance.now()
  const traces =
    work === 'verify' ? await verify(segments, journalKey, origin) : digest(work, segments)
  return (traces * 1000) / (performance.now() - beganAt)
}

/** The product: everything that can be checked of a journal, from the bytes that were shipped. */
async function verify(
  segments: readonly Uint8Array[],
  journalKey: string,
  origin: string,
): Promise<number> {
  const keys = [parseVkey(journalKey)]
  let state: JournalState | undefined
  let traces = 0
  for (const bytes of segments) {
    const segment = decodeSegment(bytes)
    state ??=
      segment.start === 0
        ? emptyJournalState(nodeCrypto, origin)
        : claimedJournalState(nodeCrypto, segment)
    const verified = await verifySegment(nodeCrypto, state, segment, keys)
    if (verified.findings.length > 0) throw new Error(JSON.stringify(verified.findings))
    state = verified.state
    traces += segment.traces.length
  }
  return traces
}

/**
 * The limits: the same bytes once through SHA-256, trace by trace as each leaf needs it, or as one stream; and nothing but the digests
 * that full verification asks for (formats.md sections 6 to 8): of each trace SHA-256 for the chain and for its leaf, SHA3-256 for its
 * leaf, and one node in each tree and one link of the SHA3-256 chain.
 */
function digest(work: Exclude<Work, 'verify'>, segments: readonly Uint8Array[]): number {
  let traces = 0
  const stream = createHash('sha256')
  for (const bytes of segments) {
    const segment = decodeSegment(bytes)
    traces += segment.traces.length
    if (work === 'hash-stream') stream.update(bytes)
    else if (work === 'hash-each')
      for (const trace of segment.traces) hash('sha256', trace, 'binary')
    else for (const trace of segment.traces) everyDigest(trace)
  }
  stream.digest()
  return traces
}

const node = new Uint8Array(65)
const link = new Uint8Array(64)

function everyDigest(trace: Uint8Array): void {
  hash('sha256', trace, 'binary')
  hash('sha256', trace, 'binary')
  hash('sha256', node, 'binary')
  hash('sha3-256', trace, 'binary')
  hash('sha3-256', node, 'binary')
  hash('sha3-256', link, 'binary')
}
