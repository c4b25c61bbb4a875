import { decodeSegmentPayload, ShippingError, type SegmentAnswer } from '@probant/shipping'
import type { Context } from '../context.ts'
import { factAt } from '../findings/fact.ts'
import { answerChallenge } from './challenge.ts'
import { chargeSegment } from './quotas.ts'
import { raiseInSession, shippedFinding, type Session } from './session.ts'
import { acceptShipment } from './shipment.ts'
import { noteIfWhole } from './wholeness.ts'

/** One segment frame: new traces, or old ones once more. */
export async function takeSegment(
  context: Context,
  session: Session,
  payload: Uint8Array,
): Promise<SegmentAnswer> {
  if (session.platform?.state === 'refused') return { status: 422, size: session.origin.state.size }
  let decoded: Awaited<ReturnType<typeof decodeSegmentPayload>>
  try {
    decoded = await decodeSegmentPayload(payload)
  } catch (error) {
    if (!(error instanceof ShippingError)) throw error
    await chargeSegment(context, session, payload.length)
    return refuse(context, session, error)
  }
  const { purpose, segment } = decoded
  await chargeSegment(context, session, segment.length)
  const answer =
    purpose === 'challenge'
      ? await answerChallenge(context, session, segment)
      : await acceptShipment(context, session, segment)
  if (answer.status !== 409) await noteIfWhole(context, session)
  return answer
}

/** What can't be inflated within the limits came under the box's own key: no network does that. */
async function refuse(
  context: Context,
  session: Session,
  error: ShippingError,
): Promise<SegmentAnswer> {
  const { origin } = session.origin
  const kind = error.code === 'segment-too-long' ? 'oversized' : 'broken-chain'
  const fact = factAt(
    origin,
    kind,
    null,
    'a segment within the limits of its format',
    error.message,
  )
  await raiseInSession(context, session, [fact])
  return {
    status: 422,
    size: session.origin.state.size,
    findings: [shippedFinding(fact)],
  }
}
