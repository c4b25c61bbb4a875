import type { Randomness } from '@probant/host'
import type { Remembered } from '../memory/memory.ts'
import { fraction } from './jitter.ts'
import { nextWindow, nightsBetween, windowsBetween, type OffPeak, type Window } from './window.ts'

/** When traces go: once in each off-peak window, at an instant drawn at random, and at once for a window that was missed. */
export class ShippingSchedule {
  readonly #offPeak: OffPeak
  readonly #randomness: Randomness
  /** The instant drawn for the newest window planned. */
  #drawn = { startMs: Number.NaN, atMs: Number.NaN }

  constructor(offPeak: OffPeak, randomness: Randomness) {
    this.#offPeak = offPeak
    this.#randomness = randomness
  }

  /** When the next shipment is due; at or before `nowMs`: now. */
  dueMs(nowMs: number, remembered: Readonly<Remembered>): number {
    const { shippedAtMs } = remembered
    const [current] = windowsBetween(this.#offPeak, sinceMs(nowMs, remembered), nowMs, 1)
    if (current === undefined) return this.#instantIn(nextWindow(this.#offPeak, nowMs))
    // A shipment dated in the future was made before the clock was set back: it counts for nothing.
    const isDone = shippedAtMs !== null && shippedAtMs >= current.startMs && shippedAtMs <= nowMs
    if (isDone) return this.#instantIn(nextWindow(this.#offPeak, nowMs))
    return nowMs >= current.endMs ? current.endMs : this.#instantIn(current)
  }

  /** Nights that ended without bringing an audit receipt since the last one. */
  nightsWithoutReceipt(nowMs: number, remembered: Readonly<Remembered>): number {
    return nightsBetween(this.#offPeak, remembered.receipt?.atMs ?? remembered.sinceMs, nowMs)
  }

  #instantIn({ startMs, endMs }: Window): number {
    if (this.#drawn.startMs !== startMs) {
      const spanMs = Math.min(this.#offPeak.jitterSeconds * 1000, endMs - startMs)
      this.#drawn = { startMs, atMs: startMs + Math.floor(fraction(this.#randomness) * spanMs) }
    }
    return this.#drawn.atMs
  }
}

/** A beginning that lies in the future is that of a clock since set back. */
function sinceMs(nowMs: number, remembered: Readonly<Remembered>): number {
  return remembered.sinceMs <= nowMs ? remembered.sinceMs : -Infinity
}
