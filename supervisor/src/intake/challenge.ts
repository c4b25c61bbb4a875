import { decodeSegment, EvidenceError, parseNote, toHex, type Segment } from '@probant/evidence'
import type { SegmentAnswer } from '@probant/shipping'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import type { Origin } from '../store/origins.ts'
import { firstDifference } from './comparison.ts'
import { isSigned } from './overlap.ts'
import { raiseInSession, shippedFinding, type Session } from './session.ts'
import { readStored, type Stored } from './stored-traces.ts'

/** A segment shipped again: it must hold, byte for byte, what it held the first time. */
export async function answerChallenge(
  context: Context,
  session: Session,
  bytes: Uint8Array,
): Promise<SegmentAnswer> {
  session.hasShipped = true
  const { origin } = session
  const read = readAnswer(origin, bytes)
  if ('fact' in read) return refuse(context, session, read.fact)
  const { segment } = read
  const asked = origin.challenge?.segments.find(({ start }) => start === segment.start)
  if (asked === undefined || segment.origin !== origin.origin)
    return { status: 409, size: origin.state.size }
  session.answered.add(asked.start)
  const stored = await readStored(context, origin, asked.start, asked.end)
  const fact = await contradiction(context, origin, segment, stored)
  return fact === undefined
    ? { status: 200, size: asked.end }
    : refuse(context, session, { ...fact, foundBytes: fact.foundBytes ?? bytes })
}

/** What was asked and not shipped again by the end of a shipment that said it was over. */
export function unanswered({ origin, answered }: Session): Fact[] {
  const missing = (origin.challenge?.segments ?? []).filter(({ start }) => !answered.has(start))
  const [first] = missing
  if (first === undefined) return []
  const expected = `traces ${first.start} to ${first.end - 1} once more, as asked`
  const fact = factAt(origin.origin, 'altered-trace', first.start, expected, 'not shipped again')
  return [{ ...fact, key: `${origin.origin}|unanswered|${first.start}` }]
}

function readAnswer(origin: Origin, bytes: Uint8Array): { segment: Segment } | { fact: Fact } {
  try {
    return { segment: decodeSegment(bytes) }
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    return { fact: unreadable(origin, error, bytes) }
  }
}

/** What came under the box's own key and is not a segment: the network can't do that. */
export function unreadable(origin: Origin, error: EvidenceError, bytes: Uint8Array): Fact {
  const kind = error.code === 'too-large' ? 'oversized' : 'broken-chain'
  const fact = factAt(
    origin.origin,
    error.code === 'unknown-format' ? 'format-downgrade' : kind,
    null,
    'a segment within the limits of its format',
    error.message,
  )
  return { ...fact, foundBytes: bytes }
}

async function contradiction(
  context: Context,
  origin: Origin,
  segment: Segment,
  stored: Stored,
): Promise<Fact | undefined> {
  const difference = firstDifference(segment.start, stored.traces, segment.traces)
  if (difference !== undefined) {
    const { kind, seq } = difference
    const digest = (bytes: Uint8Array) => `SHA-256 ${toHex(context.crypto.hash('sha256', bytes))}`
    const fact = factAt(
      origin.origin,
      (await isSigned(context, origin, segment)) ? 'fork' : kind,
      seq,
      `the trace shipped before, ${digest(difference.stored)}`,
      difference.shipped === undefined ? 'no trace' : `a trace with ${digest(difference.shipped)}`,
    )
    return {
      ...fact,
      expectedBytes: difference.stored,
      ...(difference.shipped === undefined ? {} : { foundBytes: difference.shipped }),
    }
  }
  const { checkpointText } = stored
  const end = segment.start + segment.traces.length
  const isSameEnd = stored.traces.length === segment.traces.length
  if (!isSameEnd || checkpointText === undefined || checkpointOf(segment) === checkpointText)
    return undefined
  return factAt(
    origin.origin,
    'bad-checkpoint-signature',
    null,
    `the checkpoint of size ${end} shipped before`,
    'another text',
  )
}

function checkpointOf({ checkpoint }: Segment): string | undefined {
  try {
    return parseNote(checkpoint).text
  } catch (error) {
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}

async function refuse(context: Context, session: Session, fact: Fact): Promise<SegmentAnswer> {
  await raiseInSession(context, session, [fact])
  return {
    status: 422,
    size: session.origin.state.size,
    findings: [shippedFinding(fact)],
  }
}
