import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex, fromUtf8, toHex } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import {
  attributes,
  createPrimary,
  makePersistent,
  nameOf,
  permanent,
  persistentObject,
  readPublicArea,
  storageKey,
  Tpm2Error,
  type LoadedObject,
  type Use,
} from '@probant/tpm2-tss-bindings'
import { KeyError } from '../errors.ts'
import { member } from './key-blob.ts'

/** Where machines keep their storage root key (TCG TPM v2.0 Provisioning Guidance, section 7.5). */
const STORAGE_ROOT = 0x81000001
const FILE = 'storage-root.json'

/**
 * The TPM's storage root key, which every key here is wrapped under and every session salted to. Its Name is kept in the folder the first
 * time: later, another key in its place (another TPM, or someone on the bus) is noticed before anything is sent to it.
 */
export class StorageRoot {
  readonly #path: string
  readonly #folder: string
  #name: Uint8Array | undefined

  private constructor(folder: string, name: Uint8Array | undefined) {
    this.#folder = folder
    this.#path = join(folder, FILE)
    this.#name = name
  }

  /** @throws KeyError `unreadable-key` */
  static async remembered(folder: string): Promise<StorageRoot> {
    const path = join(folder, FILE)
    try {
      const name = member(JSON.parse(fromUtf8(await readFile(path))), 'name')
      if (typeof name === 'string') return new StorageRoot(folder, fromHex(name))
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
        return new StorageRoot(folder, undefined)
      }
      throw new KeyError('unreadable-key', `${path} is damaged`, { cause })
    }
    throw new KeyError('unreadable-key', `${path} is damaged`)
  }

  /** @throws Tpm2Error `not-trusted` where the TPM has another one than remembered */
  async load(use: Use): Promise<LoadedObject> {
    const root = await this.#found(use)
    if (this.#name === undefined) {
      const name = nameOf(root.publicArea)
      const file = { format: 1, handle: STORAGE_ROOT.toString(16), name: toHex(name) }
      await writeDurably(this.#path, `${JSON.stringify(file, undefined, 2)}\n`)
      this.#name = name
    }
    return root
  }

  async #found(use: Use): Promise<LoadedObject> {
    const there = await persistentObject(use, STORAGE_ROOT, this.#name).catch((error: unknown) => {
      if (error instanceof Tpm2Error && error.code === 'not-found') return undefined
      throw error
    })
    if (there === undefined) return this.#made(use)
    const needed =
      attributes.fixedTpm |
      attributes.fixedParent |
      attributes.sensitiveDataOrigin |
      attributes.restricted |
      attributes.decrypt
    if ((readPublicArea(there.publicArea).attributes & needed) !== needed) {
      throw new KeyError(
        'refused',
        `What the TPM holds under ${STORAGE_ROOT.toString(16)} is no storage root key: remove it (tpm2_evictcontrol), or keep ${this.#folder} on another TPM.`,
      )
    }
    return there
  }

  async #made(use: Use): Promise<LoadedObject> {
    const made = await createPrimary(use, permanent.owner, storageKey())
    if (this.#name !== undefined && toHex(nameOf(made.publicArea)) !== toHex(this.#name)) {
      throw new Tpm2Error('not-trusted', 'The TPM makes another storage root key than before.')
    }
    await makePersistent(use, made, STORAGE_ROOT)
    await use.flush(made)
    return persistentObject(use, STORAGE_ROOT, nameOf(made.publicArea))
  }
}
