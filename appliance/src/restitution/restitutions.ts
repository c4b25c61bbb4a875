import type { Clock, Randomness } from '@probant/host'
import { BoxError } from '../errors.ts'
import type { Act } from '../journal/act.ts'
import type { Journal } from '../journal/journal.ts'

/** How long the reader has. */
export const RESTITUTION_HOURS = 24
const MOST_UNDER_WAY = 1000

/** A restitution that was begun, for the one who began it. */
export interface Restitution {
  readonly id: string
  readonly vaultId: string
  readonly objectId: string
  readonly actorId: string
  /** Why, in the reader's words. */
  readonly grounds: string
}

interface UnderWay extends Restitution {
  /** By the monotonic clock. */
  readonly endsMs: number
  /** Numbers of the files that were given out to the reader since. */
  readonly read: Set<number>
}

/**
 * Restitutions that are under way. They live in this process and nowhere else: one that is cut off by a restart was interrupted, and destroys
 * nothing.
 */
export class Restitutions {
  readonly #clock: Clock
  readonly #randomness: Randomness
  readonly #underWay = new Map<string, UnderWay>()

  constructor(journal: Pick<Journal, 'onRecorded'>, clock: Clock, randomness: Randomness) {
    this.#clock = clock
    this.#randomness = randomness
    journal.onRecorded((act) => {
      if (act.act === 'read' && act.outcome === 'done') this.#noteRead(act)
    })
  }

  /** @throws BoxError `journal-busy` when too many are under way */
  begin(of: Omit<Restitution, 'id'>): Restitution {
    this.#forgetEnded()
    if (this.#underWay.size >= MOST_UNDER_WAY)
      throw new BoxError('journal-busy', 'retryable', 'too many restitutions are under way')
    const id = this.#randomness.uuid()
    const endsMs = this.#clock.monotonicMs() + RESTITUTION_HOURS * 3_600_000
    const begun = { ...of, id, endsMs, read: new Set<number>() }
    this.#underWay.set(id, begun)
    return begun
  }

  /** Undefined for one that ended, or that somebody else began. */
  find(id: string, actorId: string): (Restitution & { read: ReadonlySet<number> }) | undefined {
    this.#forgetEnded()
    const found = this.#underWay.get(id)
    return found?.actorId === actorId ? found : undefined
  }

  end(id: string): void {
    this.#underWay.delete(id)
  }

  #noteRead({ object, actorId, data }: Act): void {
    const file = data?.['file']
    for (const each of this.#underWay.values())
      if (each.objectId === object && each.actorId === actorId)
        each.read.add(typeof file === 'number' ? file : 1)
  }

  #forgetEnded(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const { id, endsMs } of this.#underWay.values())
      if (endsMs <= nowMs) this.#underWay.delete(id)
  }
}
