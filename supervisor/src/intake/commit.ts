import {
  auditReceiptText,
  parseNote,
  formatNote,
  type JournalState,
  type Segment,
} from '@probant/evidence'
import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import type { Fact } from '../findings/fact.ts'
import { keepEvidence } from '../findings/evidence.ts'
import { raise } from '../findings/raise.ts'
import { moveAudited, moveWitnessed, openOrigin, type Origin } from '../store/origins.ts'
import { insertSegment } from '../store/segments.ts'
import { inSession, type Session } from './session.ts'

/** A segment that was verified, with the state after it and what is to be said beside it. */
export interface Verified {
  segment: Segment
  bytes: Uint8Array
  state: JournalState
  facts: readonly Fact[]
}

/**
 * Makes a verified segment part of what the centre vouches for. Its bytes are durable first, its receipt is signed; then row,
 * state and size are committed together if the size is still the one that was verified from. The receipt leaves only after.
 * @returns the receipt; undefined when another process moved the size meanwhile (`session.origin` is then fresh)
 */
export async function commitSegment(
  context: Context,
  session: Session,
  verified: Verified,
): Promise<string | undefined> {
  const { bytes, state, facts, segment } = verified
  const { origin } = session
  const atMs = context.clock.nowMs()
  const root = state.range.root()
  const sha256 = await context.bytes.put(bytes)
  const kept = await keepEvidence(context, session.box, facts)
  const receipt = await context.keys.signReceipt(
    auditReceiptText({ origin: origin.origin, size: state.size, root, time: formatTime(atMs) }),
  )
  const stated = { size: state.size, root, note: receipt, atMs }
  const moved = await inSession(context, session, async (client) => {
    if (!(await moveAudited(client, origin, stated, state))) return false
    await insertSegment(
      client,
      origin,
      {
        ordinal: origin.segmentCount,
        start: origin.state.size,
        end: state.size,
        sha256,
        sizeBytes: bytes.length,
        receipt,
      },
      atMs,
    )
    await witnessBy(client, origin, { ...stated, note: signedText(origin, segment) })
    await raise(client, context, session.box, kept)
    return true
  })
  await refresh(context, session)
  if (!moved) return undefined
  context.figures.segmentsStored.inc()
  context.figures.tracesVerified.inc(segment.traces.length)
  if (facts.length > 0) context.wake()
  return receipt
}

/** The origin's row as it is now. */
export async function refresh(context: Context, session: Session): Promise<void> {
  const origin = await openOrigin(context.database, session.box)
  if (origin?.origin !== session.origin.origin)
    throw new SupervisorError('superseded', 'the journal of this box was closed meanwhile')
  session.origin = origin
}

/** What was recomputed from leaves is witnessed as well: no head below it may come any more. */
async function witnessBy(
  client: Client,
  origin: Origin,
  checkpoint: Parameters<typeof moveWitnessed>[2],
): Promise<void> {
  if ((origin.witnessed?.size ?? 0) >= checkpoint.size) return
  if (!(await moveWitnessed(client, origin, checkpoint)))
    throw new SupervisorError('size-moved', 'a head was cosigned meanwhile')
}

/** The checkpoint with the box's own signature alone. */
function signedText(origin: Origin, { checkpoint }: Segment): string {
  const note = parseNote(checkpoint)
  const own = note.signatures.filter(({ name }) => name === origin.origin)
  return formatNote(
    note.text,
    own.map(({ line }) => line),
  )
}
