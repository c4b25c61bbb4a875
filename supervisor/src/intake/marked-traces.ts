import { EvidenceError, parseTrace, type Segment, type Trace } from '@probant/evidence'

/** Milliseconds, as traces carry times. */
export const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

/**
 * Traces of a segment that hold this text and can be read: most are told apart by it without being parsed. It may stand anywhere in
 * them, so the caller looks at what they say.
 */
export function markedTraces({ traces }: Segment, mark: string): Trace[] {
  return traces.flatMap((bytes) => {
    if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(mark)) return []
    try {
      return [parseTrace(bytes)]
    } catch (error) {
      if (error instanceof EvidenceError) return []
      throw error
    }
  })
}
