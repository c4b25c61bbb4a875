import { readFileSync } from 'node:fs'
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
      await timer(part, signal)
      left -= part
    } while (left > 0)
  },
}

/** As `node:timers/promises` does it, without the error that it makes for each sleep that is cut short: most of ours are. */
function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(reasonOf(signal))
      return
    }
    const waking = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    const stop = () => {
      clearTimeout(waking)
      if (signal !== undefined) reject(reasonOf(signal))
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** Why a signal was aborted, as an error. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}
