import type { Clock } from '@probant/host'
import { KeyError, type KeyProvider } from '@probant/keys'

/** An instant that somebody outside stated under a signature which was verified: it was over when it came. */
export interface OutsideInstant {
  readonly ms: number
  readonly by: 'token' | 'cosignature'
}

/** What time it is at least, and what shows it. */
export interface TrustedInstant {
  readonly atLeastMs: number
  readonly by: OutsideInstant['by']
  /** What shows how much was over since: `boottime` is the machine's word, no proof against its root. */
  readonly elapsedBy: 'tpm' | 'boottime'
}

/** A reading of a clock that can't be set, within one power cycle or one boot. */
interface Reading {
  readonly source: TrustedInstant['elapsedBy']
  readonly cycle: string
  readonly ms: number
}

interface Anchor extends OutsideInstant {
  readonly reading: Reading
}

/** A TPM's rate can be set as much too fast (TPM 2.0 part 1, 36.3: 15 %): so much of what it shows counts. */
const SURE_SHARE_OF_TPM = 100 / 115

/**
 * What time it is at least (design, trusted time): the newest instant that an outside token or a cosignature states, plus what a clock that
 * nobody can set shows elapsed since: the TPM's time within one power cycle, without one the time since boot within one boot. The wall clock
 * and the box's own tokens never count.
 */
export class TrustedTime {
  readonly #clock: Clock
  readonly #keys: Pick<KeyProvider, 'powerTime'>
  readonly #newest: () => Promise<OutsideInstant | undefined>
  #anchor: Anchor | undefined
  #telling: Promise<unknown> = Promise.resolve()

  /** @param newest looks up the newest verified instant from outside, which may be one that is known already */
  constructor(
    clock: Clock,
    keys: Pick<KeyProvider, 'powerTime'>,
    newest: () => Promise<OutsideInstant | undefined>,
  ) {
    this.#clock = clock
    this.#keys = keys
    this.#newest = newest
  }

  /** Undefined while nobody outside has ever stated a time. In one process, never less than what it said before. */
  async now(): Promise<TrustedInstant | undefined> {
    // One after the other: a reading from before must not count against an anchor from after.
    const telling = this.#telling.then(() => this.#tell())
    this.#telling = telling.catch(() => undefined)
    return telling
  }

  async #tell(): Promise<TrustedInstant | undefined> {
    const newest = await this.#newest()
    // Read after the instant was there: what elapsed is counted from no earlier than that.
    const reading = await this.#read()
    const carried = this.#anchor && carriedTo(this.#anchor, reading)
    const isLater = newest !== undefined && (carried === undefined || newest.ms > carried.ms)
    const best = isLater ? newest : carried
    if (best === undefined) return undefined
    this.#anchor = { ms: best.ms, by: best.by, reading }
    return { atLeastMs: best.ms, by: best.by, elapsedBy: reading.source }
  }

  async #read(): Promise<Reading> {
    const time = await this.#keys.powerTime?.().catch((error: unknown) => {
      // A TPM that doesn't answer shows nothing elapsed, as a new cycle would.
      if (error instanceof KeyError) return { cycle: 'unreachable', ms: 0 }
      throw error
    })
    return time === undefined
      ? { source: 'boottime', cycle: this.#clock.bootId(), ms: this.#clock.monotonicMs() }
      : { source: 'tpm', ...time }
  }
}

const isComparable = (then: Reading, now: Reading) =>
  then.source === now.source && then.cycle === now.cycle && now.ms >= then.ms

/** An anchor with what elapsed since; in another cycle nothing did that could be shown. */
function carriedTo({ ms, by, reading }: Anchor, now: Reading): OutsideInstant {
  const elapsed = isComparable(reading, now) ? now.ms - reading.ms : 0
  return { ms: Math.floor(ms + elapsed * (now.source === 'tpm' ? SURE_SHARE_OF_TPM : 1)), by }
}
