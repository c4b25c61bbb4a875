import type { Randomness } from '@probant/host'
import { fraction } from './jitter.ts'

/** Waiting times after failures: doubling from `firstMs` to `longestMs`, each between half and one and a half of that. */
export class Backoff {
  readonly #randomness: Randomness
  readonly #firstMs: number
  readonly #longestMs: number
  #failures = 0

  constructor(randomness: Randomness, firstMs: number, longestMs: number) {
    this.#randomness = randomness
    this.#firstMs = firstMs
    this.#longestMs = longestMs
  }

  /** How long to wait after one more failure. */
  failed(): number {
    const plainMs = Math.min(this.#firstMs * 2 ** this.#failures, this.#longestMs)
    this.#failures = Math.min(this.#failures + 1, 32)
    return Math.round(plainMs * (0.5 + fraction(this.#randomness)))
  }

  succeeded(): void {
    this.#failures = 0
  }
}
