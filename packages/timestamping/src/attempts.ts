import type { Clock } from '@probant/host'
import { TimestampError, type TimestampErrorCode } from './errors.ts'

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 1000

/** What the next try a moment later may not meet again. */
const passing: ReadonlySet<TimestampErrorCode> = new Set<TimestampErrorCode>([
  'unreachable',
  'timed-out',
  'refused-by-server',
])

/** Tries again a moment later where that may help, and throws what the last try threw. */
export async function withAttempts<T>(
  clock: Clock,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  attempts = ATTEMPTS,
): Promise<T> {
  for (let attempt = 1, pauseMs = FIRST_PAUSE_MS; ; attempt++, pauseMs *= 4) {
    try {
      return await work()
    } catch (error) {
      const isPassing = error instanceof TimestampError && passing.has(error.code)
      if (!isPassing || attempt >= attempts || signal?.aborted === true) throw error
      await clock.sleep(pauseMs, signal).catch(() => undefined)
    }
  }
}
