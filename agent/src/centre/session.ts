import {
  decodeMessage,
  encodeSegmentPayload,
  PROTOCOL_VERSION,
  ShippingError,
  type Attestation,
  type AttestationAnswer,
  type FrameChannel,
  type Head,
  type HeadAnswer,
  type Hello,
  type LogAnswer,
  type LogRequest,
  type MessageName,
  type Messages,
  type SegmentAnswer,
  type SegmentPurpose,
  type Timestamp,
  type TimestampAnswer,
  type Welcome,
} from '@probant/shipping'
import { AgentError } from '../errors.ts'

const ANSWER_MS = 30_000
/** The centre recomputes and stores a whole segment before it answers. */
const SEGMENT_ANSWER_MS = 120_000
/** An authority outside may be slow, and is asked more than once. */
const TIMESTAMP_ANSWER_MS = 120_000

/** One conversation with the centre: hello and welcome, then one question at a time. */
export class CentreSession {
  readonly welcome: Welcome
  /** Whether the centre keeps a log of what it cosigned and can be asked for it. */
  readonly hasLog: boolean
  readonly #frames: FrameChannel

  private constructor(frames: FrameChannel, welcome: Welcome, hasLog: boolean) {
    this.#frames = frames
    this.welcome = welcome
    this.hasLog = hasLog
  }

  /** @throws AgentError `centre-unreachable`, `refused-by-centre`, `centre-misbehaved`, as every method here */
  static async open(frames: FrameChannel, hello: Omit<Hello, 'protocol'>): Promise<CentreSession> {
    await said(frames.sendMessage('hello', { protocol: PROTOCOL_VERSION, ...hello }))
    const welcome = await answer(frames, 'welcome', ANSWER_MS)
    return new CentreSession(frames, welcome, hello.log !== undefined)
  }

  async head(head: Head): Promise<HeadAnswer> {
    await said(this.#frames.sendMessage('head', head))
    return answer(this.#frames, 'head-answer', ANSWER_MS)
  }

  async log(request: LogRequest): Promise<LogAnswer> {
    await said(this.#frames.sendMessage('log', request))
    return answer(this.#frames, 'log-answer', ANSWER_MS)
  }

  async timestamp(request: Timestamp): Promise<TimestampAnswer> {
    await said(this.#frames.sendMessage('timestamp', request))
    return answer(this.#frames, 'timestamp-answer', TIMESTAMP_ANSWER_MS)
  }

  async attest(attestation: Attestation): Promise<AttestationAnswer> {
    await said(this.#frames.sendMessage('attestation', attestation))
    return answer(this.#frames, 'attestation-answer', ANSWER_MS)
  }

  async segment(purpose: SegmentPurpose, bytes: Uint8Array): Promise<SegmentAnswer> {
    const payload = await encodeSegmentPayload(purpose, bytes)
    await said(this.#frames.send('segment', payload))
    return answer(this.#frames, 'segment-answer', SEGMENT_ANSWER_MS)
  }

  /** Says that nothing follows. A centre that is gone already is no failure. */
  async bye(): Promise<void> {
    await this.#frames.send('bye', new Uint8Array()).catch(() => undefined)
    this.#frames.end()
  }
}

async function answer<N extends MessageName>(
  frames: FrameChannel,
  name: N,
  timeoutMs: number,
): Promise<Messages[N]> {
  const frame = await said(frames.receive(timeoutMs))
  if (frame === undefined)
    throw new AgentError('centre-unreachable', 'the centre ended the session without an answer')
  try {
    if (frame.name === name) return decodeMessage(name, frame.payload)
    if (frame.name === 'error') {
      const { reason } = decodeMessage('error', frame.payload)
      throw new AgentError('refused-by-centre', `the centre ended the session: ${reason}`)
    }
  } catch (error) {
    throw typed(error)
  }
  throw new AgentError('centre-misbehaved', `a ${frame.name} frame where ${name} was due`)
}

/** Gives what goes wrong on the wire its type. */
async function said<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw typed(error)
  }
}

function typed(error: unknown): unknown {
  if (!(error instanceof ShippingError)) return error
  const network = error.code === 'cut-short' || error.code === 'too-slow'
  return new AgentError(
    network ? 'centre-unreachable' : 'centre-misbehaved',
    `the centre: ${error.message}`,
    error,
  )
}
