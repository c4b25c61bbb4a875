import type { Clock, Logger, Randomness } from '@probant/host'
import { Backoff } from './backoff.ts'

export interface Repeated {
  /** What it is, for the log. */
  what: string
  /** When it is next due, by the wall clock; at or before now: at once; infinite: never. */
  dueMs: () => number
  /** Moves `dueMs` on when it succeeds. */
  work: () => Promise<unknown>
  firstRetryMs: number
  longestRetryMs: number
  stopping: AbortSignal
  clock: Clock
  randomness: Randomness
  logger: Logger
}

/** Longest sleep, so that a wall clock that is set meanwhile is noticed soon. */
const LONGEST_SLEEP_MS = 30_000

/** Does the work whenever it is due, again after a pause when it fails, until the service stops. Never rejects. */
export async function repeat(repeated: Repeated): Promise<void> {
  const { what, dueMs, work, stopping, clock, logger } = repeated
  const backoff = new Backoff(repeated.randomness, repeated.firstRetryMs, repeated.longestRetryMs)
  // Rejects when the service ends, which the loop sees by itself.
  const sleep = (ms: number) => clock.sleep(ms, stopping).catch(() => undefined)
  while (!stopping.aborted) {
    const waitMs = dueMs() - clock.nowMs()
    if (waitMs > 0) {
      await sleep(Math.min(waitMs, LONGEST_SLEEP_MS))
      continue
    }
    try {
      await work()
      backoff.succeeded()
    } catch (error) {
      const retryMs = backoff.failed()
      logger.warn({ err: error, retryMs }, `${what} failed`)
      await sleep(retryMs)
    }
  }
}
