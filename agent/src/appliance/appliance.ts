import type { Hello, ShippedFinding } from '@probant/shipping'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { AgentError, messageOf } from '../errors.ts'
import { callLocal, type LocalAnswer } from '../http/local-call.ts'

export const recomputation = Type.Object({
  traces: Type.Integer(),
  objects: Type.Integer(),
  firstBadSeq: Type.Union([Type.Integer(), Type.Null()]),
  badObjects: Type.Array(Type.String()),
  complete: Type.Boolean(),
  /** False when anything differs from what the box wrote, whether or not a trace or an object can be named. */
  intact: Type.Boolean(),
})

/** What the appliance found when it recomputed its whole journal and store. */
export type Recomputation = Static<typeof recomputation>

/** What the box found by itself, as a finding; none when all is as it wrote it. */
export function failureOf(recomputation: Recomputation | null): ShippedFinding[] {
  if (recomputation === null || recomputation.intact) return []
  const { firstBadSeq, badObjects } = recomputation
  const named = [
    ...(firstBadSeq === null ? [] : [`trace ${firstBadSeq}`]),
    ...badObjects.map((object) => `object ${object}`),
  ]
  return [
    {
      kind: 'integrity-failure-on-box',
      seq: firstBadSeq,
      expected: 'a store and journal that recompute',
      found: named.length === 0 ? 'an alteration; probant box fsck tells it' : named.join(', '),
    },
  ]
}

const reason = Type.Union([Type.String(), Type.Null()])
const state = Type.Object({ stoppedBecause: reason, depositsStoppedBecause: reason })

const timestampRequest = Type.Object({
  id: Type.String(),
  authority: Type.String(),
  /** base64 */
  request: Type.String(),
})
const timestampRequests = Type.Object({ requests: Type.Array(timestampRequest, { maxItems: 20 }) })

/** A request for a time-stamp that waits for the centre. */
export type TimestampRequest = Static<typeof timestampRequest>

/** What keeps the box from its work, in the appliance's words; absent while all is well. */
export type Stopped = Pick<Hello, 'stoppedBecause' | 'depositsStoppedBecause'>
/** As much of it as a hello carries. */
const MOST_WORDS = 500

/** A full recomputation reads every archive: hours on a large box. */
const RECOMPUTATION_MS = 6 * 3_600_000
const ANSWER_MS = 30_000

/**
 * The appliance over its local Unix socket: the sole writer of the journal. What it is given it checks against keys of
 * its own. Each call may be repeated.
 */
export class Appliance {
  readonly #socketPath: string
  readonly #stopping: AbortSignal

  /** @param stopping ends calls under way when the service stops */
  constructor(socketPath: string, stopping: AbortSignal) {
    this.#socketPath = socketPath
    this.#stopping = stopping
  }

  /** Hands over a checkpoint with cosignature lines. @throws AgentError `appliance-unreachable`, `appliance-refused` */
  async giveCosignatures(note: string): Promise<void> {
    await this.#post('/cosignatures', { note }, ANSWER_MS)
  }

  /** Hands over an audit receipt, which the appliance journals. @throws as {@link giveCosignatures} */
  async giveAuditReceipt(note: string): Promise<void> {
    await this.#post('/audit-receipts', { note }, ANSWER_MS)
  }

  /** Tells of something found here. An appliance that has no ear for it (404) is no failure. */
  async giveFinding(finding: object): Promise<void> {
    const { status } = await this.#call('POST', '/findings', finding, ANSWER_MS)
    if (status >= 500)
      throw new AgentError('appliance-unreachable', `the appliance answered ${status} to /findings`)
  }

  /** Has it journalled that the centre is held to less from now on. @throws as {@link giveCosignatures} */
  async giveAcceptedRestore(change: { former: object; now: object }): Promise<void> {
    await this.#post('/accepted-centre-restores', change, ANSWER_MS)
  }

  /** Has a step of an enrolment journalled. @param fingerprint of both sides' keys, hex @throws as {@link giveCosignatures} */
  async giveEnrolment(step: 'begun' | 'confirmed' | 'refused', fingerprint: string): Promise<void> {
    await this.#post('/enrolments', { step, fingerprint }, ANSWER_MS)
  }

  /** What the appliance wants time-stamped by way of the centre; none of one that knows no such thing. */
  async timestampRequests(): Promise<TimestampRequest[]> {
    const { text } = await this.#call('GET', '/timestamp-requests', undefined, ANSWER_MS)
    const value = parsed(text)
    return Value.Check(timestampRequests, value) ? value.requests : []
  }

  /** One that nobody waits for any more (404) is no failure. */
  async giveTimestampAnswer(answer: { id: string } & object): Promise<void> {
    await this.#call('POST', '/timestamp-answers', answer, ANSWER_MS)
  }

  /** @throws as {@link giveCosignatures} */
  async stopped(): Promise<Stopped> {
    const value = parsed((await this.#call('GET', '/state', undefined, ANSWER_MS)).text)
    if (!Value.Check(state, value)) return {}
    const { stoppedBecause: acts, depositsStoppedBecause: deposits } = value
    return {
      ...(acts === null ? {} : { stoppedBecause: acts.slice(0, MOST_WORDS) }),
      ...(deposits === null ? {} : { depositsStoppedBecause: deposits.slice(0, MOST_WORDS) }),
    }
  }

  /** Has everything recomputed and journalled; resolves when it is. @throws as {@link giveCosignatures} */
  async recompute(): Promise<Recomputation> {
    const answer = await this.#post('/recomputations', {}, RECOMPUTATION_MS)
    const value = parsed(answer)
    if (!Value.Check(recomputation, value))
      throw new AgentError('appliance-refused', 'the appliance answered no recomputation')
    return value
  }

  async #post(path: string, body: object, timeoutMs: number): Promise<string> {
    const answer = await this.#call('POST', path, body, timeoutMs)
    if (answer.status >= 200 && answer.status < 300) return answer.text
    const code = answer.status >= 500 ? 'appliance-unreachable' : 'appliance-refused'
    throw new AgentError(code, `the appliance answered ${answer.status} to ${path}`)
  }

  async #call(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    timeoutMs: number,
  ): Promise<LocalAnswer> {
    try {
      const signal = AbortSignal.any([this.#stopping, AbortSignal.timeout(timeoutMs)])
      return await callLocal(this.#socketPath, method, path, body, signal)
    } catch (error) {
      throw new AgentError('appliance-unreachable', `the appliance: ${messageOf(error)}`, error)
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
