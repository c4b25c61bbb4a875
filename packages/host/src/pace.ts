import type { Clock } from './clock.ts'

const MEBIBYTE = 1024 * 1024

/** A rate as somebody types it, in MiB a second; undefined where it is none. */
export function parseRate(text: string): number | undefined {
  const rate = Number(text)
  return /^\d{1,6}(\.\d{1,3})?$/.test(text) && rate > 0 ? rate : undefined
}

/** Idle time that is made up for at most: a pass that waited for something else doesn't rush afterwards. */
const CATCH_UP_MS = 1000

/**
 * Holds a long pass over stored bytes to a rate, so that the machine stays free for those who use it, and lets it be stopped
 * between two pieces.
 */
export class Pace {
  readonly #clock: Clock
  readonly #msPerByte: number
  readonly #signal: AbortSignal | undefined
  #dueMs = Number.NEGATIVE_INFINITY

  /** @param mebibytesPerSecond undefined: as fast as the machine can */
  constructor(clock: Clock, mebibytesPerSecond?: number, signal?: AbortSignal) {
    this.#clock = clock
    this.#msPerByte = mebibytesPerSecond === undefined ? 0 : 1000 / (mebibytesPerSecond * MEBIBYTE)
    this.#signal = signal
  }

  /**
   * To be called with what was just read. Waits as long as the rate wants it.
   * @throws the signal's reason once it is aborted
   */
  async took(bytes: number): Promise<void> {
    this.#signal?.throwIfAborted()
    if (this.#msPerByte === 0) return
    const nowMs = this.#clock.monotonicMs()
    this.#dueMs = Math.max(this.#dueMs, nowMs - CATCH_UP_MS) + bytes * this.#msPerByte
    // Timers are no finer; what is owed less than this is waited for with the next piece.
    if (this.#dueMs - nowMs >= 1) await this.#clock.sleep(this.#dueMs - nowMs, this.#signal)
  }
}
