import type { Clock } from '@probant/host'

/** Beyond this age an answer is looked up again, in case somebody else than this service changed the database. */
const OLDEST_MS = 100
const MOST_ANSWERS = 10_000

interface Answer<T> {
  readonly value: T
  readonly changes: number
  readonly lookedUpMs: number
}

/**
 * What the database said a moment ago about who may do what: requests come in bursts from the same callers. An answer counts
 * only while the journal has begun or ended no act that changes such rows, so that what is revoked is revoked at once.
 */
export class Recent<T> {
  readonly #clock: Clock
  readonly #changes: () => number
  readonly #answers = new Map<string, Answer<T>>()

  /** @param changes a number that differs after each change of the rows in question has begun, and again once it has ended */
  constructor(clock: Clock, changes: () => number) {
    this.#clock = clock
    this.#changes = changes
  }

  /** The answer under `key`, looked up unless it is recent. An absent one is never kept. */
  async of(key: string, lookUp: () => Promise<T | undefined>): Promise<T | undefined> {
    const changes = this.#changes()
    const lookedUpMs = this.#clock.monotonicMs()
    const known = this.#answers.get(key)
    if (known?.changes === changes && lookedUpMs - known.lookedUpMs < OLDEST_MS) return known.value
    const value = await lookUp()
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear()
    if (value === undefined) this.#answers.delete(key)
    else this.#answers.set(key, { value, changes, lookedUpMs })
    return value
  }
}
