import { decodeSegment, encodeSegment, EvidenceError, type Segment } from '@probant/evidence'
import type { SegmentAnswer } from '@probant/shipping'
import type { Context } from '../context.ts'
import { classify } from '../findings/catalogue.ts'
import { factAt, factOf, type Fact } from '../findings/fact.ts'
import { boxFailures } from './box-failures.ts'
import { outsideTokensMissing } from './outside-tokens.ts'
import { renewalsMissing } from './renewals.ts'
import { sealCertificateEnds } from './seal-certificates.ts'
import { unreadable } from './challenge.ts'
import { commitSegment } from './commit.ts'
import { compareOverlap } from './overlap.ts'
import { raiseInSession, shippedFinding, type Session } from './session.ts'
import { forksFromHeads } from './signed-before.ts'
import { verifyNext } from './verification.ts'
import { deletedEnd } from './witnessed-end.ts'

/**
 * A segment of new traces: recomputed from its bytes against the state verified before, against every head cosigned meanwhile
 * and against what is stored already; then committed, and only then answered with its receipt.
 */
export async function acceptShipment(
  context: Context,
  session: Session,
  bytes: Uint8Array,
): Promise<SegmentAnswer> {
  session.hasShipped = true
  const { origin } = session
  let segment: Segment
  try {
    segment = decodeSegment(bytes)
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    return refuse(context, session, [unreadable(origin, error, bytes)])
  }
  if (segment.origin !== origin.origin) {
    const sides = [`origin ${origin.origin}`, `origin ${segment.origin}`] as const
    return refuse(context, session, [factAt(origin.origin, 'wrong-box', null, ...sides)])
  }
  if (segment.start > origin.state.size) return { status: 409, size: origin.state.size }
  if (segment.start === origin.state.size) return acceptNew(context, session, segment, bytes)

  const overlap = await compareOverlap(context, origin, segment, bytes)
  if (overlap.fact !== undefined) return refuse(context, session, [overlap.fact])
  if (overlap.receipt !== undefined)
    return { status: 200, size: overlap.size, receipt: overlap.receipt }
  return acceptNew(context, session, overlap.rest, encodeSegment(overlap.rest))
}

/** A segment that starts where the audited traces end. */
async function acceptNew(
  context: Context,
  session: Session,
  segment: Segment,
  bytes: Uint8Array,
): Promise<SegmentAnswer> {
  const { origin } = session
  const { findings, state } = await verifyNext(context.crypto, origin, segment)
  const facts: Fact[] = findings.map((finding) => ({
    ...factOf(origin.origin, finding),
    foundBytes: bytes,
  }))
  facts.push(...(await deletedEnd(context, origin, segment, findings)))
  // Bytes that are not what their own checkpoint signs say nothing of a second history.
  if (state !== undefined) facts.push(...(await forksFromHeads(context, origin, segment)))
  if (state === undefined || facts.some(({ kind }) => classify(kind).refusesData))
    return refuse(context, session, facts)

  const receipt = await commitSegment(context, session, {
    segment,
    bytes,
    state,
    facts: [
      ...facts,
      ...boxFailures(origin.origin, segment),
      ...sealCertificateEnds(origin.origin, segment),
      ...outsideTokensMissing(origin.origin, segment),
      ...renewalsMissing(origin.origin, segment),
    ],
  })
  return receipt === undefined
    ? { status: 409, size: session.origin.state.size }
    : { status: 200, size: state.size, receipt }
}

async function refuse(
  context: Context,
  session: Session,
  facts: readonly Fact[],
): Promise<SegmentAnswer> {
  await raiseInSession(context, session, facts)
  return {
    status: 422,
    size: session.origin.state.size,
    findings: facts.slice(0, 100).map(shippedFinding),
  }
}
