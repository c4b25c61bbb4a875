import { EvidenceError, parseTrace, type Trace } from '@probant/evidence'

/** A trace from its bytes; undefined for one that can't be read, which the recomputation of the journal names. */
export function readableTrace(bytes: Uint8Array): Trace | undefined {
  try {
    return parseTrace(bytes)
  } catch (error) {
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}
