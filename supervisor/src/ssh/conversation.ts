import { isFatal } from '@probant/host'
import {
  decodeMessage,
  ShippingError,
  type Frame,
  type FrameChannel,
  type FrameName,
} from '@probant/shipping'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { takeAttestation } from '../attestation/take.ts'
import { answerLog } from '../head-log/answer.ts'
import { greet } from '../intake/hello.ts'
import { takeSegment } from '../intake/segment.ts'
import type { Session } from '../intake/session.ts'
import { takeLeave } from '../intake/wholeness.ts'
import type { BoxKey } from '../store/rows.ts'
import { relayTimestamp } from '../timestamps/relay.ts'
import { answerHead } from '../witness/head.ts'

const HELLO_MS = 30_000
/** Longest wait for a whole frame; a segment over a slow line needs its time. */
const FRAME_MS = 300_000

/**
 * One session with a box: hello, then heads and segments in any order, each answered before the next is read, then bye. What a
 * bad network does ends it without any consequence.
 */
export async function converse(
  context: Context,
  box: BoxKey,
  channel: FrameChannel,
  halt: (error: unknown) => void,
): Promise<void> {
  const logger = context.logger.child({ boxId: box.boxId })
  try {
    await talk(context, box, channel)
  } catch (error) {
    if (error instanceof ShippingError) {
      logger.info({ code: error.code, reason: error.message }, 'session ended by its peer')
      await apologise(channel, error.message)
    } else if (error instanceof SupervisorError && error.kind === 'caller') {
      logger.info({ code: error.code }, 'session ended')
      await apologise(channel, error.message)
    } else {
      logger.error({ err: error }, 'session failed')
      await apologise(channel, 'the centre failed; try again later')
      if (isFatal(error)) halt(error)
    }
  }
}

async function talk(context: Context, box: BoxKey, channel: FrameChannel): Promise<void> {
  const first = await channel.receive(HELLO_MS)
  if (first === undefined) return
  const hello = decodeMessage('hello', payloadOf(first, 'hello'))
  const greeting = await greet(context, box, hello)
  if (!greeting.accepted) {
    await channel.sendMessage('error', { reason: greeting.reason })
    return
  }
  const { session, welcome } = greeting
  await channel.sendMessage('welcome', welcome)
  for (;;) {
    const frame = await channel.receive(FRAME_MS)
    if (frame === undefined) return
    if (frame.name === 'bye') {
      await takeLeave(context, session)
      return
    }
    await answer(context, session, channel, frame)
  }
}

async function answer(
  context: Context,
  session: Session,
  channel: FrameChannel,
  frame: Frame,
): Promise<void> {
  if (frame.name === 'head') {
    const head = decodeMessage('head', frame.payload)
    await channel.sendMessage('head-answer', await answerHead(context, session, head))
    return
  }
  if (frame.name === 'timestamp') {
    const asked = decodeMessage('timestamp', frame.payload)
    await channel.sendMessage('timestamp-answer', await relayTimestamp(context, session.box, asked))
    return
  }
  if (frame.name === 'log') {
    const asked = decodeMessage('log', frame.payload)
    await channel.sendMessage('log-answer', await answerLog(context, session.origin, asked))
    return
  }
  if (frame.name === 'attestation') {
    const attestation = decodeMessage('attestation', frame.payload)
    const judged = await takeAttestation(context, session, attestation)
    await channel.sendMessage('attestation-answer', judged)
    return
  }
  const payload = payloadOf(frame, 'segment')
  await channel.sendMessage('segment-answer', await takeSegment(context, session, payload))
}

function payloadOf(frame: Frame, expected: FrameName): Uint8Array {
  if (frame.name !== expected)
    throw new ShippingError('malformed-message', `a ${frame.name} frame where ${expected} must be`)
  return frame.payload
}

/** Tells the peer why, as far as it still listens. */
async function apologise(channel: FrameChannel, reason: string): Promise<void> {
  await channel.sendMessage('error', { reason: reason.slice(0, 1000) }).catch(() => undefined)
}
