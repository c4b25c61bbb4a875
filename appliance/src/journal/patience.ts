import type { Clock } from '@probant/host'

export class TookTooLong extends Error {
  override name = 'TookTooLong'
}

/** Why a limit no longer counts: made once, since a deposit is waited for so several times. */
const ENDED = new Error('what was waited for has ended')

/**
 * The outcome of `work`, or a rejection once it takes longer than `limitMs`. Work that never ends can't be stopped, only left alone, so it
 * must be harmless when it ends later.
 */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  what: string,
  work: Promise<T>,
): Promise<T> {
  const ended = new AbortController()
  const limit = clock.sleep(limitMs, ended.signal).then(() => {
    throw new TookTooLong(`${what} took longer than ${limitMs} ms`)
  })
  limit.catch(() => undefined)
  try {
    return await Promise.race([work, limit])
  } finally {
    ended.abort(ENDED)
  }
}
