import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'

export interface LoopOptions {
  name: string
  clock: Clock
  logger: Logger
  /** Longest time between two rounds, in ms. */
  everyMs: number
  /** One round. @returns true when there is more to do at once; nothing where there never is */
  work: (() => Promise<boolean>) | (() => Promise<void>)
  /** Called with an error after which the process must not go on; without it, such a round is tried again as well. */
  halt?: (error: unknown) => void
}

/**
 * Work that goes on in the background: at once when woken, else at intervals. A round that fails is tried again at the next;
 * errors that say `fatal` go to `halt`, which ends the process, so that it starts again by the code that recovers.
 */
export class Loop {
  readonly #options: LoopOptions
  readonly #stopping = new AbortController()
  #woken = false
  #wake: (() => void) | undefined
  #running: Promise<void> | undefined

  constructor(options: LoopOptions) {
    this.#options = options
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** A round soon, even if one is under way now. */
  wake(): void {
    this.#woken = true
    this.#wake?.()
  }

  /** Waits for the round under way. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake?.()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = false
      const more = await this.#round()
      if (!more) await this.#pause()
    }
  }

  async #round(): Promise<boolean> {
    const { name, logger, work, halt } = this.#options
    try {
      return (await work()) === true
    } catch (error) {
      logger.error({ err: error, loop: name }, 'a round failed')
      if (isFatal(error)) halt?.(error)
      return false
    }
  }

  async #pause(): Promise<void> {
    if (this.#woken || this.#stopping.signal.aborted) return
    const { clock, everyMs } = this.#options
    const awake = new AbortController()
    const woken = new Promise<void>((resolve) => (this.#wake = resolve))
    const slept = clock.sleep(everyMs, awake.signal).catch(() => undefined)
    await Promise.race([woken, slept])
    this.#wake = undefined
    awake.abort(new Error('awake'))
  }
}

/** Errors of this project say what can be done about them (conventions). */
export function isFatal(error: unknown): boolean {
  return error instanceof Error && 'kind' in error && error.kind === 'fatal'
}
