import { toHex } from '@probant/evidence'
import type { Clock } from '@probant/host'
import type { Queryable } from '../store/journal.ts'
import { findCredential, type FoundCredential, type Right } from '../store/people.ts'
import { findVault, rightsIn, type Vault } from '../store/vaults.ts'
import { Recent } from './recent.ts'

/** Who calls and what they may do, as the database says. */
export class Lookups {
  readonly #database: Queryable
  readonly #credentials: Recent<FoundCredential>
  readonly #vaults: Recent<Vault>
  readonly #rights: Recent<readonly Right[]>

  /** @param changes see `Recent` */
  constructor(database: Queryable, clock: Clock, changes: () => number) {
    this.#database = database
    this.#credentials = new Recent(clock, changes)
    this.#vaults = new Recent(clock, changes)
    this.#rights = new Recent(clock, changes)
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

  /** A user's rights in a vault; none at all for those who are no members. */
  async rights(vaultId: string, userId: string): Promise<readonly Right[]> {
    const found = await this.#rights.of(`${vaultId} ${userId}`, () =>
      rightsIn(this.#database, vaultId, userId),
    )
    return found ?? []
  }
}
