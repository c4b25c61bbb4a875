import type { Clock } from '@probant/host'
import { ProvisioningError } from '../errors.ts'

/** How a process ended. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** One life of a part. */
export interface Life {
  pid: number
  /** Resolves when it serves; rejects or never resolves when it ends before that. */
  ready: Promise<void>
  exited: Promise<Exit>
  /** Gently, then by force; resolves when it is gone. May be called more than once. */
  stop(): Promise<void>
}

/** A part of the installation that has to run as long as the launcher does. */
export interface Part {
  name: string
  /** Resolves as soon as the process exists. */
  begin(): Promise<Life>
  /** What to read when it does not start. */
  log: string
}

export interface KeeperEvents {
  /** A new life began: its pid is another one from now on. */
  began(name: string, pid: number): void
  tell(line: string): void
}

/** Restarts are immediate until this many lives in a row ended before they were ready. */
const PATIENCE = 5
const RESTART_MS = 100
const LONGEST_PAUSE_MS = 30_000

/**
 * Keeps one part running: a life that ends is followed by another at once. Only lives that never
 * became ready count as failures; after several in a row the pauses grow, up to half a minute.
 */
export class Keeper {
  readonly part: Part
  readonly #clock: Clock
  readonly #events: KeeperEvents
  readonly #stopping = new AbortController()
  readonly #firstReady = Promise.withResolvers<undefined>()
  #life: Life | undefined
  #loop: Promise<void> | undefined
  #wasBegun = false

  constructor(part: Part, clock: Clock, events: KeeperEvents) {
    this.part = part
    this.#clock = clock
    this.#events = events
    // whoever waits sees the failure; when nobody does, it was told on the console already
    this.#firstReady.promise.catch(() => undefined)
  }

  /** Starts keeping. Resolves once the part serves for the first time; rejects when it does not. */
  start(): Promise<void> {
    this.#loop ??= this.#keep()
    return this.#firstReady.promise
  }

  /** Ends the part and stops keeping it; resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#life?.stop()
    await this.#loop
  }

  async #keep(): Promise<void> {
    let failures = 0
    while (!this.#isStopping()) {
      const outcome = await this.#live()
      // what can't even be begun the first time says why itself, and won't do better the next time
      if (this.#isStopping() || !this.#wasBegun) break
      failures = outcome.becameReady ? 0 : failures + 1
      if (failures >= PATIENCE) this.#giveUpFirstStart(outcome.end)
      const pauseMs = pauseAfter(failures)
      this.#events.tell(
        `${this.part.name} ended (${outcome.end}); starting it again${
          pauseMs > RESTART_MS ? ` in ${pauseMs / 1000} s, see ${this.part.log}` : ''
        }`,
      )
      await this.#clock.sleep(pauseMs, this.#stopping.signal).catch(() => undefined)
    }
  }

  async #live(): Promise<{ becameReady: boolean; end: string }> {
    let life: Life
    try {
      life = await this.part.begin()
    } catch (error) {
      this.#firstReady.reject(error)
      const [end = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
      return { becameReady: false, end }
    }
    this.#life = life
    this.#wasBegun = true
    // a stop that came while the process was being started
    if (this.#isStopping()) await life.stop()
    else this.#events.began(this.part.name, life.pid)
    let becameReady = false
    life.ready.then(
      () => {
        becameReady = true
        this.#firstReady.resolve(undefined)
      },
      () => undefined,
    )
    return { end: describeExit(await life.exited), becameReady }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  #giveUpFirstStart(end: string): void {
    this.#firstReady.reject(
      new ProvisioningError(
        'part-failed',
        `The ${this.part.name} does not start (${end}): its log ${this.part.log} tells why.`,
      ),
    )
  }
}

/** 0.1 s up to the fifth failure in a row, then 1, 2, 4 … 30 s. */
function pauseAfter(failures: number): number {
  return failures < PATIENCE
    ? RESTART_MS
    : Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failures - PATIENCE))
}

function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`
}
