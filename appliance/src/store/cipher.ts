import {
  encloseForRecovery,
  enclosedDataKey,
  newVaultKey,
  openDataKey,
  openVaultKey,
  type KeyProvider,
  type KeyRef,
  type RecoveryPublicKey,
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
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** One vault's key, opened. It encloses the data keys of the vault's objects and, by a key derived from it, their metadata. */
export class VaultCipher {
  readonly #key: KeyObject
  readonly #secretsKey: KeyObject
  readonly #box: string
  readonly #vault: string
  readonly #randomness: Randomness

  constructor(key: Uint8Array, box: string, vault: string, randomness: Randomness) {
    this.#key = createSecretKey(key)
    const secretsKey = new Uint8Array(hkdfSync('sha256', this.#key, new Uint8Array(0), SECRETS, 32))
    this.#secretsKey = createSecretKey(secretsKey)
    secretsKey.fill(0)
    this.#box = box
    this.#vault = vault
    this.#randomness = randomness
  }

  /** The data key as it is stored (formats, section 11). */
  encloseDataKey(objectId: string, dataKey: Uint8Array): Uint8Array {
    return enclosedDataKey(this.#key, dataKey, this.#place(objectId), this.#randomness)
  }

  /** @throws KeyError `altered` when it was enclosed for another object, vault or box, or changed since. */
  openDataKey(objectId: string, enclosed: Uint8Array): Uint8Array {
    return openDataKey(this.#key, enclosed, this.#place(objectId))
  }

  /** The vault's key, enclosed to a recovery key. */
  recoveryCopy(to: RecoveryPublicKey): Uint8Array {
    const key = this.#key.export()
    try {
      return encloseForRecovery(to, key, { boxId: this.#box, vault: this.#vault })
    } finally {
      key.fill(0)
    }
  }

  #place(object: string) {
    return { boxId: this.#box, vault: this.#vault, object }
  }

  /** nonce ‖ AES-256-GCM ciphertext ‖ tag, bound to object and field. */
  encloseSecret(objectId: string, field: SecretField, plaintext: Uint8Array): Uint8Array {
    const nonce = this.#randomness.bytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#secretsKey, nonce)
    cipher.setAAD(secretContext(objectId, field))
    return concat(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
  }

  /** @throws BoxError `integrity-failure` when the bytes are not those enclosed for this object and field. */
  openSecret(objectId: string, field: SecretField, enclosed: Uint8Array): Uint8Array {
    try {
      const decipher = createDecipheriv(
        'aes-256-gcm',
        this.#secretsKey,
        enclosed.subarray(0, NONCE_BYTES),
        { authTagLength: TAG_BYTES },
      )
      decipher.setAAD(secretContext(objectId, field))
      decipher.setAuthTag(enclosed.subarray(-TAG_BYTES))
      return concat(decipher.update(enclosed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final())
    } catch (error) {
      throw new BoxError(
        'integrity-failure',
        'fatal',
        `the stored ${field} of object ${objectId} was altered`,
        { cause: error },
      )
    }
  }
}

const secretContext = (objectId: string, field: SecretField) =>
  concat(lengthPrefixed(SECRETS), lengthPrefixed(utf8(objectId)), lengthPrefixed(utf8(field)))

/** A vault's key as it is stored. */
export interface StoredVaultKey {
  readonly keyEnclosed: Uint8Array
  readonly recoveryCopy: Uint8Array | null
}

/** Opens vault keys, which the hardware root encloses, and keeps them open in this process. */
export class VaultCiphers {
  readonly #provider: KeyProvider
  readonly #root: KeyRef
  readonly #box: string
  readonly #randomness: Randomness
  readonly #open = new Map<string, VaultCipher>()
  #recoveryKey: RecoveryPublicKey | undefined

  constructor(provider: KeyProvider, root: KeyRef, box: string, randomness: Randomness) {
    this.#provider = provider
    this.#root = root
    this.#box = box
    this.#randomness = randomness
  }

  /** From now on keys are enclosed to this recovery key too. */
  encloseAlsoTo(key: RecoveryPublicKey): void {
    this.#recoveryKey = key
  }

  /** A fresh key for a vault, enclosed to the root and, once a ceremony was held, to the recovery key. */
  async create(vaultId: string): Promise<StoredVaultKey> {
    const place = { boxId: this.#box, vault: vaultId }
    const { key, enclosed } = await newVaultKey(this.#provider, this.#root, place)
    const to = this.#recoveryKey
    const recoveryCopy = to === undefined ? null : encloseForRecovery(to, key, place)
    key.fill(0)
    return { keyEnclosed: enclosed, recoveryCopy }
  }

  async of(vault: { readonly id: string; readonly keyEnclosed: Uint8Array }): Promise<VaultCipher> {
    const known = this.#open.get(vault.id)
    if (known !== undefined) return known
    const place = { boxId: this.#box, vault: vault.id }
    const key = await openVaultKey(this.#provider, this.#root, vault.keyEnclosed, place)
    const opened = new VaultCipher(key, this.#box, vault.id, this.#randomness)
    key.fill(0)
    this.#open.set(vault.id, opened)
    return opened
  }
}
