import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { boottimeMs } from './boottime.ts'

/** Time as everything outside this package sees it, so that tests can drive it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00:00Z; it may jump either way. */
  nowMs(): number
  /** Milliseconds since the machine's boot, suspended time included; never goes back within a boot. */
  monotonicMs(): number
  /** 32 hex digits naming the machine's boot; `monotonicMs` compares only under one of them. */
  bootId(): string
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Longest delay that Node's timers take; beyond it they would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

let bootId: string | undefined

/** The machine's own clocks. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => boottimeMs(),
  bootId: () =>
    (bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'ascii')
      .trim()
      .replaceAll('-', '')),
  async sleep(ms, signal) {
    let left = Math.max(0, ms)
    do {
      const part = Math.min(left, LONGEST_TIMER_MS)
      await delay(part, undefined, signal === undefined ? {} : { signal }).catch(
        (error: unknown) => {
          throw signal?.aborted === true ? signal.reason : error
        },
      )
      left -= part
    } while (left > 0)
  },
}
