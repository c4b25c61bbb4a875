import {
  blindIndexEntry,
  blindIndexKey,
  enclosedDataKey,
  KeyError,
  openDataKey,
  type TermKind,
} from '@probant/keys'
import { concat, lengthPrefixed, utf8 } from '@probant/evidence'
import type { Randomness } from '@probant/host'
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { BoxError } from '../errors.ts'
import type { SecretField } from './rows.ts'

const SECRETS = utf8('probant/object-secret/v1')
const FOLDER_NAMES = utf8('probant/folder-name/v1')
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** One generation of a vault's key, opened. */
interface OpenKey {
  readonly generation: number
  readonly key: KeyObject
  readonly secretsKey: KeyObject
  readonly indexKey: KeyObject
}

/** A data key as it is stored, and the generation of the vault's key that encloses it. */
export interface EnclosedDataKey {
  readonly enclosed: Uint8Array
  readonly generation: number
}

/** What stands in a vault's blind index for a term, under one generation of the vault's key. */
export interface IndexEntry {
  readonly generation: number
  readonly entry: Uint8Array
}

/** A folder's name as it is stored: enclosed, and as it stands in the vault's index. */
export interface EnclosedName {
  readonly enclosed: Uint8Array
  readonly entry: Uint8Array
  readonly generation: number
}

/**
 * A vault's key, opened: the newest generation, and the one before while something is enclosed under it. It encloses the data keys of
 * the vault's objects and, by keys derived from it, their metadata and what stands in the vault's index. There is one of it a vault in a
 * process, so that whoever holds it encloses under a new generation as soon as it is adopted.
 */
export class VaultCipher {
  readonly #box: string
  readonly #vault: string
  readonly #randomness: Randomness
  /** Newest first. */
  #keys: readonly [OpenKey, ...OpenKey[]]

  /** @param key 32 bytes, which the caller wipes */
  constructor(
    key: Uint8Array,
    generation: number,
    box: string,
    vault: string,
    randomness: Randomness,
  ) {
    this.#keys = [opened(key, generation)]
    this.#box = box
    this.#vault = vault
    this.#randomness = randomness
  }

  /** Of the key under which everything is enclosed from now on. */
  get generation(): number {
    return this.#keys[0].generation
  }

  knows(generation: number): boolean {
    return this.#keys.some((each) => each.generation === generation)
  }

  /** Opens with this key too and, where it is the newest, encloses with it from now on. */
  adopt(key: Uint8Array, generation: number): void {
    const others = this.#keys.filter((each) => each.generation !== generation)
    const [first, ...rest] = [opened(key, generation), ...others].sort(
      (a, b) => b.generation - a.generation,
    )
    if (first !== undefined) this.#keys = [first, ...rest]
  }

  /** Opens with no key before this generation any more. */
  drop(generation: number): void {
    const [newest, ...former] = this.#keys
    this.#keys = [newest, ...former.filter((each) => each.generation >= generation)]
  }

  /** The data key as it is stored (formats, section 11). */
  encloseDataKey(objectId: string, dataKey: Uint8Array): EnclosedDataKey {
    const [{ key, generation }] = this.#keys
    const enclosed = enclosedDataKey(key, dataKey, this.#place(objectId), this.#randomness)
    return { enclosed, generation }
  }

  /** @throws KeyError `altered` when it was enclosed for another object, vault or box, or changed since. */
  openDataKey(objectId: string, enclosed: Uint8Array): Uint8Array {
    return this.#byAny(({ key }) => openDataKey(key, enclosed, this.#place(objectId)))
  }

  /** The same data key under the newest key. @throws KeyError `altered` */
  dataKeyAnew(objectId: string, { enclosed, generation }: EnclosedDataKey): EnclosedDataKey {
    if (generation === this.generation) return { enclosed, generation }
    const dataKey = this.openDataKey(objectId, enclosed)
    try {
      return this.encloseDataKey(objectId, dataKey)
    } finally {
      dataKey.fill(0)
    }
  }

  /**
   * What to look for in the vault's index, newest generation first; while a new key is being introduced there may be two. What is added
   * to the index is the first.
   * @param term folded, Unicode NFC
   * @throws KeyError `wrong-size`
   */
  indexEntries(kind: TermKind, term: string): readonly IndexEntry[] {
    return this.#keys.map(({ generation, indexKey }) => ({
      generation,
      entry: blindIndexEntry(indexKey, kind, term),
    }))
  }

  /** nonce ‖ AES-256-GCM ciphertext ‖ tag, bound to object and field. */
  encloseSecret(objectId: string, field: SecretField, plaintext: Uint8Array): Uint8Array {
    return this.#enclose(secretContext(objectId, field), plaintext)
  }

  #enclose(context: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const nonce = this.#randomness.bytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0].secretsKey, nonce)
    cipher.setAAD(context)
    return concat(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
  }

  /** @param term the folded name with its place, unique among siblings */
  encloseFolderName(folderId: string, term: string, name: string): EnclosedName {
    const [{ generation, indexKey }] = this.#keys
    return {
      enclosed: this.#enclose(folderContext(folderId), utf8(name)),
      entry: blindIndexEntry(indexKey, 'folder', term),
      generation,
    }
  }

  /** @throws BoxError `integrity-failure` when the bytes are not those enclosed for this folder */
  openFolderName(folderId: string, enclosed: Uint8Array): string {
    try {
      const open = ({ secretsKey }: OpenKey) =>
        openBy(secretsKey, folderContext(folderId), enclosed)
      return Buffer.from(this.#byAny(open)).toString('utf8')
    } catch (error) {
      const what = `the stored name of folder ${folderId} was altered`
      throw new BoxError('integrity-failure', 'fatal', what, { cause: error })
    }
  }

  /** @throws BoxError `integrity-failure` when the bytes are not those enclosed for this object and field. */
  openSecret(objectId: string, field: SecretField, enclosed: Uint8Array): Uint8Array {
    try {
      const context = secretContext(objectId, field)
      return this.#byAny(({ secretsKey }) => openBy(secretsKey, context, enclosed))
    } catch (error) {
      throw new BoxError(
        'integrity-failure',
        'fatal',
        `the stored ${field} of object ${objectId} was altered`,
        { cause: error },
      )
    }
  }

  #place(object: string) {
    return { boxId: this.#box, vault: this.#vault, object }
  }

  /** What is read may have been enclosed anew since, or not yet: both were written by this box for this place. */
  #byAny<T>(open: (key: OpenKey) => T): T {
    const [newest, ...former] = this.#keys
    try {
      return open(newest)
    } catch (error) {
      for (const each of former) {
        try {
          return open(each)
        } catch {
          continue
        }
      }
      throw error
    }
  }
}

function opened(bytes: Uint8Array, generation: number): OpenKey {
  const key = createSecretKey(bytes)
  const derived = new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), SECRETS, 32))
  const secretsKey = createSecretKey(derived)
  derived.fill(0)
  return { generation, key, secretsKey, indexKey: blindIndexKey(key) }
}

function openBy(key: KeyObject, context: Uint8Array, enclosed: Uint8Array): Uint8Array {
  if (enclosed.length < NONCE_BYTES + TAG_BYTES) throw new KeyError('altered', 'too short')
  const decipher = createDecipheriv('aes-256-gcm', key, enclosed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(context)
  decipher.setAuthTag(enclosed.subarray(-TAG_BYTES))
  return concat(decipher.update(enclosed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final())
}

const secretContext = (objectId: string, field: SecretField) =>
  concat(lengthPrefixed(SECRETS), lengthPrefixed(utf8(objectId)), lengthPrefixed(utf8(field)))

const folderContext = (folderId: string) =>
  concat(lengthPrefixed(FOLDER_NAMES), lengthPrefixed(utf8(folderId)))
