import { setImmediate as settle } from 'node:timers/promises'
import { reasonOf, type Clock } from './clock.ts'

interface Sleeper {
  readonly wakeMs: number
  readonly wake: () => void
}

export interface ManualClockStart {
  nowMs?: number
  monotonicMs?: number
  bootId?: string
}

/** A clock that only moves when told to. Sleepers follow the monotonic time, as the system's do. */
export class ManualClock implements Clock {
  #nowMs: number
  #monotonicMs: number
  #bootId: string
  #sleepers: Sleeper[] = []

  constructor(start: ManualClockStart = {}) {
    this.#nowMs = start.nowMs ?? Date.UTC(2026, 0, 5, 8)
    this.#monotonicMs = start.monotonicMs ?? 60_000
    this.#bootId = start.bootId ?? '0'.repeat(32)
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  bootId(): string {
    return this.#bootId
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(reasonOf(signal))
        return
      }
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        if (signal !== undefined) reject(reasonOf(signal))
      }
      const sleeper: Sleeper = {
        wakeMs: this.#monotonicMs + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#sleepers.push(sleeper)
    })
  }

  /** Moves both clocks forward and wakes whoever is due, earliest first, without waiting for them. */
  advance(ms: number): void {
    if (ms < 0) throw new RangeError('time advances by a positive amount; use set() to go back')
    this.#nowMs += ms
    this.#monotonicMs += ms
    const due = this.#sleepers.filter(({ wakeMs }) => wakeMs <= this.#monotonicMs)
    this.#sleepers = this.#sleepers.filter(({ wakeMs }) => wakeMs > this.#monotonicMs)
    for (const { wake } of due.sort((a, b) => a.wakeMs - b.wakeMs)) wake()
  }

  /** Moves forward from one wake-up to the next, letting what woke up run (and sleep again) between. */
  async run(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms
    for (;;) {
      const nextMs = Math.min(endMs, ...this.#sleepers.map(({ wakeMs }) => wakeMs))
      this.advance(Math.max(0, nextMs - this.#monotonicMs))
      await settle()
      if (nextMs === endMs && this.#monotonicMs >= endMs) return
    }
  }

  /** Sets the wall clock alone, as an administrator or NTP would; the monotonic time stays. */
  set(nowMs: number): void {
    this.#nowMs = nowMs
  }

  /** A restart of the machine: another boot id, the monotonic time from zero. Sleepers are lost. */
  reboot(bootId: string): void {
    this.#bootId = bootId
    this.#monotonicMs = 0
    this.#sleepers = []
  }
}
