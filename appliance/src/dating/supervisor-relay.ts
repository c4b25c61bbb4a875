import type { Clock, Randomness } from '@probant/host'
import { TimestampError, type Relay, type RelayedAnswer } from '@probant/timestamping'

/** A request that waits for the agent. */
export interface WaitingRequest {
  readonly id: string
  /** The authority's name in the centre's settings. */
  readonly authority: string
  /** TimeStampReq, DER. */
  readonly request: Uint8Array
}

interface Waiting extends WaitingRequest {
  settle(outcome: RelayedAnswer | TimestampError): void
}

/**
 * Requests for time-stamps that the agent carries to the supervision centre. Nothing is kept: what a restart forgets is asked anew, and an
 * answer that comes late finds nobody. What comes back is judged like any authority's answer.
 */
export class SupervisorRelay {
  readonly #clock: Clock
  readonly #randomness: Randomness
  readonly #waiting = new Map<string, Waiting>()

  constructor(clock: Clock, randomness: Randomness) {
    this.#clock = clock
    this.#randomness = randomness
  }

  get waiting(): readonly WaitingRequest[] {
    return [...this.#waiting.values()].map(({ id, authority, request }) => ({
      id,
      authority,
      request,
    }))
  }

  /** Waits for the agent to bring the answer. @throws TimestampError `timed-out`, or why the centre has none */
  readonly bring: Relay = async (authority, request, { timeoutMs, signal }) => {
    const id = this.#randomness.uuid()
    const done = new AbortController()
    const isOver = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal])
    try {
      return await new Promise<RelayedAnswer>((resolve, reject) => {
        const settle = (outcome: RelayedAnswer | TimestampError) =>
          outcome instanceof TimestampError ? reject(outcome) : resolve(outcome)
        this.#waiting.set(id, { id, authority, request, settle })
        const late = new TimestampError(
          'timed-out',
          `no answer by the centre within ${timeoutMs / 1000} s`,
        )
        this.#clock.sleep(timeoutMs, isOver).then(
          () => reject(late),
          () => reject(late),
        )
      })
    } finally {
      this.#waiting.delete(id)
      done.abort()
    }
  }

  /** What the agent brought. @returns false where nobody waits for it (any more) */
  take(id: string, outcome: RelayedAnswer | TimestampError): boolean {
    const waiting = this.#waiting.get(id)
    waiting?.settle(outcome)
    return waiting !== undefined
  }
}
