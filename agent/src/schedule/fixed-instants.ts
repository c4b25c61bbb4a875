import type { Clock } from '@probant/host'
import { nextInstant } from './instants.ts'

/** When something is due that goes at whole multiples of an interval since midnight UTC. */
export class FixedInstants {
  readonly #everySeconds: number | null
  readonly #clock: Clock
  #dueMs: number

  /** @param everySeconds null: never */
  constructor(everySeconds: number | null, clock: Clock) {
    this.#everySeconds = everySeconds
    this.#clock = clock
    this.#dueMs = this.next
  }

  /** The next instant after now; infinite where there is none. */
  get next(): number {
    if (this.#everySeconds === null) return Infinity
    return nextInstant(this.#clock.nowMs(), this.#everySeconds)
  }

  /** What was last set, at most the next instant. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** Whether an instant has come and nothing was done since. */
  isDue(): boolean {
    const nowMs = this.#clock.nowMs()
    // A clock that was set back must not silence the box until it has caught up.
    this.#dueMs = Math.min(this.#dueMs, this.next)
    return nowMs >= this.#dueMs
  }

  /** Done. @param dueMs the instant that came next when it began */
  done(dueMs: number): void {
    this.#dueMs = dueMs
  }
}
