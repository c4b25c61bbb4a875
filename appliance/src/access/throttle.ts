import type { Clock } from '@probant/host'

const LONGEST_PAUSE_MS = 60_000
const FORGOTTEN_AFTER_MS = 3_600_000
const MOST_KEPT = 50_000

interface Failures {
  count: number
  lastMs: number
}

/**
 * Slows down who guesses: after some failures each further attempt has to wait twice as long, a minute at most. What counts together is the
 * caller's to say; nobody is ever locked out for good (NIST SP 800-63B section 5.2.2).
 */
export class Throttle {
  readonly #clock: Clock
  readonly #freeFailures: number
  readonly #failures = new Map<string, Failures>()

  constructor(clock: Clock, freeFailures: number) {
    this.#clock = clock
    this.#freeFailures = freeFailures
  }

  /** Milliseconds until the next attempt under this key is heard; 0 when now. */
  waitMs(key: string): number {
    const failures = this.#failures.get(key)
    if (failures === undefined || failures.count < this.#freeFailures) return 0
    const pauseMs = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failures.count - this.#freeFailures))
    return Math.max(0, failures.lastMs + pauseMs - this.#clock.monotonicMs())
  }

  /** Counted before the attempt is looked at, so that attempts side by side count as well. */
  begin(key: string): void {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#failures.get(key)
    const isFresh = known !== undefined && nowMs - known.lastMs < FORGOTTEN_AFTER_MS
    this.#failures.delete(key)
    this.#failures.set(key, { count: (isFresh ? known.count : 0) + 1, lastMs: nowMs })
    // The longest untouched goes first: memory is bounded whatever is thrown at it.
    for (const [oldest] of this.#failures) {
      if (this.#failures.size <= MOST_KEPT) break
      this.#failures.delete(oldest)
    }
  }

  /** Takes one attempt back that turned out to be none: what failed before it stays counted. */
  takeBack(key: string): void {
    const known = this.#failures.get(key)
    if (known !== undefined) known.count -= 1
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }
}
