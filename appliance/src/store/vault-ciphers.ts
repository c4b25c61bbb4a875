import {
  openEpochKey,
  openSealedVaultKey,
  openVaultKey,
  sealVaultKey,
  type KeyProvider,
  type KeyRef,
} from '@probant/keys'
import type { Randomness } from '@probant/host'
import { createSecretKey, type KeyObject } from 'node:crypto'
import { BoxError } from '../errors.ts'
import { VaultCipher } from './cipher.ts'
import type { Queryable } from './journal.ts'
import { liveEpochs, newestEpoch } from './key-epochs.ts'
import type { StoredVaultKey, Vault } from './vaults.ts'

/** Label of the first wrapping key, and of the only one before there were epochs. */
export const FIRST_ROOT = 'vaults'

/** A wrapping key. One that an interrupted act left is taken: nothing was enclosed under it. */
export const foundOrMadeRoot = async (keys: KeyProvider, label: string): Promise<KeyRef> =>
  (await keys.find(label)) ?? keys.generate(label, 'wrapping-aes-256')

/**
 * Opens vault keys, which the key of their epoch encloses, which the hardware root encloses; and keeps them open in this process.
 */
export class VaultCiphers {
  readonly #provider: KeyProvider
  readonly #database: Queryable
  readonly #box: string
  readonly #randomness: Randomness
  readonly #epochs = new Map<number, Promise<KeyObject>>()
  readonly #open = new Map<string, VaultCipher>()
  readonly #opening = new Map<string, Promise<VaultCipher>>()

  constructor(provider: KeyProvider, database: Queryable, box: string, randomness: Randomness) {
    this.#provider = provider
    this.#database = database
    this.#box = box
    this.#randomness = randomness
  }

  /**
   * The key of an epoch, opened once.
   * @throws BoxError `not-openable` (fatal) when it ended or is unknown; KeyError of the provider
   */
  async epochKey(epoch: number): Promise<KeyObject> {
    const known = this.#epochs.get(epoch)
    if (known !== undefined) return known
    const opening = this.openedByHardware(epoch)
    this.#epochs.set(epoch, opening)
    opening.catch(() => this.#epochs.delete(epoch))
    return opening
  }

  /** The key of an epoch as the hardware opens it now, whatever this process keeps. @throws as `epochKey` */
  async openedByHardware(epoch: number): Promise<KeyObject> {
    // Its root may be replaced between the row's reading and its use: then the row is read once more.
    const key = (await this.#tryHardware(epoch)) ?? (await this.#tryHardware(epoch))
    if (key !== undefined) return key
    throw new BoxError('not-openable', 'fatal', `no hardware key opens the key of epoch ${epoch}`)
  }

  async #tryHardware(epoch: number): Promise<KeyObject | undefined> {
    const row = (await liveEpochs(this.#database)).find(({ number }) => number === epoch)
    const root = row && (await this.#provider.find(row.root))
    if (row?.keyEnclosed == null || root === undefined) return undefined
    const place = { boxId: this.#box, epoch }
    const bytes = await openEpochKey(this.#provider, root, row.keyEnclosed, place)
    const key = createSecretKey(bytes)
    bytes.fill(0)
    return key
  }

  /** Keeps the key of an ended epoch no longer. */
  forgetEpoch(epoch: number): void {
    this.#epochs.delete(epoch)
  }

  /** A fresh key for a vault, enclosed under the newest epoch. */
  async create(vaultId: string, generation = 1): Promise<StoredVaultKey> {
    const { number: epoch } = await newestEpoch(this.#database)
    const place = { boxId: this.#box, vault: vaultId, generation, epoch }
    const key = await this.#provider.random(32)
    try {
      const enclosed = sealVaultKey(await this.epochKey(epoch), key, place, this.#randomness)
      return { generation, epoch, enclosed, recoveryCopy: null }
    } finally {
      key.fill(0)
    }
  }

  /** The vault's cipher, the same object each time; it knows at least the keys that `vault` names. */
  async of(vault: Pick<Vault, 'id' | 'key' | 'formerKey'>): Promise<VaultCipher> {
    const known = this.#open.get(vault.id)
    if (known !== undefined && known.generation >= vault.key.generation) return known
    const before = this.#opening.get(vault.id) ?? Promise.resolve()
    // One after the other, so that there is one cipher a vault.
    const opening = before.then(
      () => this.#load(vault),
      () => this.#load(vault),
    )
    this.#opening.set(vault.id, opening)
    return opening.finally(() => {
      if (this.#opening.get(vault.id) === opening) this.#opening.delete(vault.id)
    })
  }

  async #load({ id, key, formerKey }: Pick<Vault, 'id' | 'key' | 'formerKey'>) {
    let cipher = this.#open.get(id)
    for (const stored of [key, formerKey]) {
      if (stored === null || cipher?.knows(stored.generation) === true) continue
      const bytes = await this.openKey(id, stored)
      if (cipher === undefined)
        cipher = new VaultCipher(bytes, stored.generation, this.#box, id, this.#randomness)
      else cipher.adopt(bytes, stored.generation)
      bytes.fill(0)
    }
    if (cipher === undefined) throw new BoxError('not-openable', 'fatal', 'a vault has no key')
    this.#open.set(id, cipher)
    return cipher
  }

  /**
   * A vault's key as it is stored, opened; the caller wipes it.
   * @throws KeyError `altered`; as `epochKey`
   */
  async openKey(vault: string, { generation, epoch, enclosed }: StoredVaultKey) {
    const place = { boxId: this.#box, vault }
    if (epoch === 0) return openVaultKey(this.#provider, await this.#firstRoot(), enclosed, place)
    const key = await this.epochKey(epoch)
    return openSealedVaultKey(key, enclosed, { ...place, generation, epoch })
  }

  async #firstRoot(): Promise<KeyRef> {
    const root = await this.#provider.find(FIRST_ROOT)
    if (root !== undefined) return root
    throw new BoxError('not-openable', 'fatal', `the key store holds no key "${FIRST_ROOT}"`)
  }
}
