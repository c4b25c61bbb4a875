import { Loop, type Clock, type Logger, type Randomness } from '@probant/host'
import { KeyError } from '@probant/keys'
import { BoxError } from '../errors.ts'
import type { LatBatches } from './lat-batch.ts'

/** How often a key that failed is asked again, beside the deposits that do. */
const ASK_AGAIN_MS = 5000

export interface SignerWatchContext {
  readonly clock: Clock
  readonly log: Logger
  readonly randomness: Randomness
  readonly lats: LatBatches
}

/**
 * Whether deposits can be proved: learnt from every batch, and while one has failed from a batch of nothing every few seconds, so that what
 * is told is over when the key is back, with or without a depositor.
 */
export class SignerWatch {
  readonly #context: SignerWatchContext
  readonly #loop: Loop
  #failing: { readonly why: string; readonly sinceMs: number } | undefined

  constructor(context: SignerWatchContext) {
    this.#context = context
    const { clock, log: logger, lats } = context
    lats.onOutcome = (failure) => {
      this.#note(failure)
    }
    const work = () => this.#askAgain()
    this.#loop = new Loop({ name: 'signer watch', clock, logger, everyMs: ASK_AGAIN_MS, work })
    this.#loop.start()
  }

  /** Which key keeps deposits from being proved, and why; undefined while all is well. */
  get waitsFor(): string | undefined {
    return this.#failing?.why
  }

  /** For how long, in ms; 0 while all is well. */
  get waitedMs(): number {
    return this.#failing === undefined
      ? 0
      : this.#context.clock.monotonicMs() - this.#failing.sinceMs
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  #note(failure: unknown): void {
    const { clock, log } = this.#context
    if (failure === undefined) {
      if (this.#failing !== undefined) log.info('deposits can be proved again')
      this.#failing = undefined
      return
    }
    const why = reasonOf(failure)
    const sinceMs = this.#failing?.sinceMs ?? clock.monotonicMs()
    if (this.#failing === undefined) log.error({ err: failure }, `no deposit can be proved: ${why}`)
    this.#failing = { why, sinceMs }
  }

  async #askAgain(): Promise<void> {
    const { lats, randomness } = this.#context
    // A leaf that is no statement: whatever is signed over it proves nothing.
    if (this.#failing !== undefined) await lats.sign(randomness.bytes(32)).catch(() => undefined)
  }
}

/** The box's own words, down to the device's; of other errors nobody knows what they say. */
function reasonOf(error: unknown): string {
  if (!(error instanceof BoxError || error instanceof KeyError)) return 'a key does not sign'
  const { message, cause } = error
  const isOurs = cause instanceof BoxError || cause instanceof KeyError
  return isOurs ? `${message}: ${reasonOf(cause)}` : message
}
