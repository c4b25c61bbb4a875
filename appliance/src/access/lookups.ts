import { toHex } from '@probant/evidence'
import type { Clock } from '@probant/host'
import type { Queryable } from '../store/journal.ts'
import { grantsOf, type Grant } from '../store/grants.ts'
import { findCredential, type FoundCredential } from '../store/people.ts'
import { findVault, type Vault } from '../store/vaults.ts'
import type { Right } from './permissions.ts'
import { Recent } from './recent.ts'

/** Who calls and what they may do, as the database says. */
export class Lookups {
  readonly #database: Queryable
  readonly #credentials: Recent<FoundCredential>
  readonly #vaults: Recent<Vault>
  readonly #clock: Clock
  readonly #grants: Recent<readonly Grant[]>

  /** @param changes see `Recent` */
  constructor(database: Queryable, clock: Clock, changes: () => number) {
    this.#database = database
    this.#credentials = new Recent(clock, changes)
    this.#vaults = new Recent(clock, changes)
    this.#clock = clock
    this.#grants = new Recent(clock, changes)
  }

  /** The credential whose secret has this digest, live or not. */
  async credential(secretSha256: Uint8Array): Promise<FoundCredential | undefined> {
    return this.#credentials.of(toHex(secretSha256), () =>
      findCredential(this.#database, secretSha256),
    )
  }

  async vault(id: string): Promise<Vault | undefined> {
    return this.#vaults.of(id, () => findVault(this.#database, id))
  }

  /** A user's rights in a vault that are in force now, given to them or to their groups; none at all for strangers. */
  async rights(vaultId: string, userId: string): Promise<readonly Right[]> {
    const grants = await this.#grants.of(`${vaultId} ${userId}`, () =>
      grantsOf(this.#database, vaultId, userId),
    )
    const now = this.#clock.nowMs()
    const rights = (grants ?? [])
      .filter(({ fromMs, untilMs }) => (fromMs ?? now) <= now && now < (untilMs ?? Infinity))
      .flatMap((grant) => grant.rights)
    return [...new Set(rights)]
  }
}
