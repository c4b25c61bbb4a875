import { formatTime, type Clock } from '@probant/host'
import type { Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import { newestWitnessed } from '../store/cosignatures.ts'
import { firstSignedBeyond, type Queryable } from '../store/journal.ts'

/** An answer is good for so long: deposits come by the hundred a second, cosignatures by the minute. */
const REMEMBERED_MS = 5000
const HOUR_MS = 3_600_000

/** Since when the oldest act without a witness waits for one, epoch milliseconds; undefined when none does. */
export async function unwitnessedSince(database: Queryable): Promise<number | undefined> {
  const witnessed = await newestWitnessed(database)
  return firstSignedBeyond(database, witnessed?.size ?? 0)
}

/** A box that is told so takes no more deposits once its acts have gone unwitnessed for too long. */
export class Witnessing {
  readonly #database: Database
  readonly #clock: Clock
  readonly #refuseAfterMs: number | undefined
  #known: { readonly sinceMs: number | undefined; readonly atMs: number } | undefined

  /** @param refuseAfterHours undefined: never refuses */
  constructor(database: Database, clock: Clock, refuseAfterHours: number | undefined) {
    this.#database = database
    this.#clock = clock
    this.#refuseAfterMs = refuseAfterHours === undefined ? undefined : refuseAfterHours * HOUR_MS
  }

  /** @throws BoxError `unwitnessed` (retryable): the next cosignature lifts it */
  async requireRecent(): Promise<void> {
    if (this.#refuseAfterMs === undefined) return
    const sinceMs = await this.#since()
    if (sinceMs === undefined || this.#clock.nowMs() - sinceMs <= this.#refuseAfterMs) return
    throw new BoxError(
      'unwitnessed',
      'retryable',
      `no witness has countersigned the journal since ${formatTime(sinceMs)}`,
    )
  }

  async #since(): Promise<number | undefined> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#known === undefined || nowMs - this.#known.atMs > REMEMBERED_MS)
      this.#known = { sinceMs: await unwitnessedSince(this.#database), atMs: nowMs }
    return this.#known.sinceMs
  }
}
