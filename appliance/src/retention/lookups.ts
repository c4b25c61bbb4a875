import type { Clock } from '@probant/host'
import { Recent } from '../access/recent.ts'
import { unacceptable } from '../errors.ts'
import { classFor, type RetentionClass } from '../store/retention.ts'
import type { Queryable } from '../store/journal.ts'

/** Under which class a deposit comes, as the database says; remembered for a moment. */
export class RetentionLookups {
  readonly #database: Queryable
  readonly #classes: Recent<{ readonly found: RetentionClass | null }>

  /** @param changes see `Recent` */
  constructor(database: Queryable, clock: Clock, changes: () => number) {
    this.#database = database
    this.#classes = new Recent(clock, changes)
  }

  /** The class named or, where none is, the vault's default; null where there is none. @throws BoxError `bad-deposit` for an unknown one */
  async classOf(vaultId: string, name: string | undefined): Promise<RetentionClass | null> {
    const answer = await this.#classes.of(`${vaultId} ${name ?? ''}`, async () => ({
      found: (await classFor(this.#database, vaultId, name)) ?? null,
    }))
    const found = answer?.found ?? null
    if (found === null && name !== undefined)
      throw unacceptable(
        `Il n’y a pas de classe de conservation « ${name} ».`,
        `There is no retention class “${name}”.`,
      )
    return found
  }
}
