import type { Clock } from '@probant/host'
import { nextInstant } from '../schedule/instants.ts'
import type { JournalReader, StoredCheckpoint } from '../store/journal.ts'

/**
 * The checkpoint that goes out from one instant to the next, to whomever and however often: a busy box signs many a second, and
 * witnesses that each cosigned another would never be two under the same.
 */
export class Round {
  readonly #journal: JournalReader
  readonly #clock: Clock
  readonly #everySeconds: number | null
  #current: { untilMs: number; head: Promise<StoredCheckpoint | undefined> } | undefined

  constructor(journal: JournalReader, clock: Clock, everySeconds: number | null) {
    this.#journal = journal
    this.#clock = clock
    this.#everySeconds = everySeconds
  }

  /**
   * The round's checkpoint, or the newest where that is smaller than what was cosigned already; undefined when the journal has none.
   * @param atLeast the size that was cosigned
   */
  async head(atLeast: number): Promise<StoredCheckpoint | undefined> {
    const head = await this.#ofRound()
    return (head?.size ?? 0) < atLeast ? this.#journal.newestCheckpoint() : head
  }

  #ofRound(): Promise<StoredCheckpoint | undefined> {
    if (this.#everySeconds === null) return this.#journal.newestCheckpoint()
    const untilMs = nextInstant(this.#clock.nowMs(), this.#everySeconds)
    if (this.#current?.untilMs !== untilMs) {
      const head = this.#journal.newestCheckpoint()
      this.#current = { untilMs, head }
      head.catch(() => (this.#current = undefined))
    }
    return this.#current.head
  }
}
