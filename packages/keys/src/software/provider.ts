import { createPublicKey, sign } from 'node:crypto'
import type { Randomness } from '@probant/host'
import { KeyError } from '../errors.ts'
import type { Attestation, Capabilities, KeyKind, KeyProvider, KeyRef } from '../provider.ts'
import { checkEnclosable, checkLabel, checkRandomBytes, wrongKind } from '../refusals.ts'
import { openSealed, seal } from '../sealed-bytes.ts'
import { KeyFolder } from '../key-folder.ts'
import { formatSecret, newSecret, parseSecret, softwareKinds, type Secret } from './stored-key.ts'

/** Where the software provider keeps its keys. */
export interface SoftwareSettings {
  readonly provider: 'software'
  /** Made with mode 0700 when it isn't there. */
  readonly folder: string
  /** True on a machine that was provisioned as a box: the provider then refuses to open. */
  readonly provisionedBox?: boolean
}

/**
 * Keys in files, for development and evaluation: whoever reads the folder has them.
 * @throws KeyError `refused` on a provisioned box; `unsafe-permissions`
 */
export async function openSoftwareProvider(
  settings: SoftwareSettings,
  randomness: Randomness,
): Promise<KeyProvider> {
  if (settings.provisionedBox === true) {
    throw new KeyError(
      'refused',
      'The software key provider is for development: a provisioned box keeps its keys in hardware.',
    )
  }
  const folder = await KeyFolder.open(settings.folder, randomness)
  return new SoftwareProvider(folder, settings.folder, randomness)
}

class SoftwareProvider implements KeyProvider {
  readonly name = 'software'
  readonly capabilities: Capabilities = {
    kinds: softwareKinds,
    signingKeysStayInside: false,
    opensWrappingKeys: true,
    enclosing: 'aes-256-gcm',
    attests: false,
    persistent: true,
  }
  readonly place: string
  readonly warning: string
  readonly #folder: KeyFolder
  readonly #randomness: Randomness
  readonly #secrets = new Map<string, Secret>()
  #closed = false

  constructor(folder: KeyFolder, path: string, randomness: Randomness) {
    this.#folder = folder
    this.#randomness = randomness
    this.place = `files in ${path}`
    this.warning =
      `Keys are kept in plain files (${path}), not in hardware. ` +
      'This is for evaluation and development: what is signed here proves nothing against ' +
      'someone who can read that folder.'
  }

  async generate(label: string, kind: KeyKind): Promise<KeyRef> {
    await this.#checkOpen()
    checkLabel(label)
    const secret = await newSecret(kind, this.#randomness)
    await this.#folder.create(label, formatSecret(label, secret))
    this.#secrets.set(label, secret)
    return this.#refOf(label, secret)
  }

  async find(label: string): Promise<KeyRef | undefined> {
    const secret = await this.#load(label)
    return secret === undefined ? undefined : this.#refOf(label, secret)
  }

  async publicKey(ref: KeyRef): Promise<Uint8Array> {
    const secret = await this.#secretOf(ref)
    if (secret.kind === 'wrapping-aes-256') throw wrongKind(ref, 'has no public part')
    return createPublicKey(secret.privateKey).export({ type: 'spki', format: 'der' })
  }

  async sign(ref: KeyRef, message: Uint8Array): Promise<Uint8Array> {
    const secret = await this.#secretOf(ref)
    if (secret.kind === 'wrapping-aes-256') throw wrongKind(ref, 'signs nothing')
    const hashesFirst = secret.kind === 'ec-p256' || secret.kind === 'rsa-3072'
    const digest = hashesFirst ? 'sha256' : null
    const { privateKey } = secret
    return new Promise((resolve, reject) => {
      sign(digest, message, { key: privateKey, dsaEncoding: 'der' }, (error, signature) => {
        if (error === null) resolve(signature)
        else reject(new KeyError('unreadable-key', `${ref.label} can't sign`, { cause: error }))
      })
    })
  }

  async enclose(
    ref: KeyRef,
    plaintext: Uint8Array,
    associatedData: Uint8Array,
  ): Promise<Uint8Array> {
    const key = await this.#wrappingKey(ref)
    checkEnclosable(plaintext)
    return seal(key, plaintext, associatedData, this.#randomness)
  }

  async open(ref: KeyRef, enclosed: Uint8Array, associatedData: Uint8Array): Promise<Uint8Array> {
    return openSealed(await this.#wrappingKey(ref), enclosed, associatedData)
  }

  async random(n: number): Promise<Uint8Array> {
    await this.#checkOpen()
    checkRandomBytes(n)
    return this.#randomness.bytes(n)
  }

  async attest(): Promise<Attestation | undefined> {
    await this.#checkOpen()
    return undefined
  }

  async destroy(ref: KeyRef): Promise<void> {
    const secret = await this.#load(ref.label)
    if (secret === undefined || ref.provider !== this.name) return
    if (secret.kind !== ref.kind) throw wrongKind(ref, `is of kind ${secret.kind}`)
    await this.#folder.remove(ref.label)
    this.#secrets.delete(ref.label)
    if (secret.kind === 'wrapping-aes-256') secret.key.fill(0)
  }

  close(): Promise<void> {
    this.#closed = true
    this.#secrets.clear()
    return Promise.resolve()
  }

  async #wrappingKey(ref: KeyRef): Promise<Uint8Array> {
    const secret = await this.#secretOf(ref)
    if (secret.kind !== 'wrapping-aes-256') throw wrongKind(ref, 'encloses nothing')
    return secret.key
  }

  async #secretOf(ref: KeyRef): Promise<Secret> {
    const secret = ref.provider === this.name ? await this.#load(ref.label) : undefined
    if (secret === undefined) throw new KeyError('not-found', `there is no key ${ref.label}`)
    if (secret.kind !== ref.kind) throw wrongKind(ref, `is of kind ${secret.kind}`)
    return secret
  }

  async #load(label: string): Promise<Secret | undefined> {
    await this.#checkOpen()
    const known = this.#secrets.get(label)
    if (known !== undefined) return known
    const bytes = await this.#folder.read(label)
    if (bytes === undefined) return undefined
    const secret = parseSecret(label, bytes)
    this.#secrets.set(label, secret)
    return secret
  }

  #refOf(label: string, secret: Secret): KeyRef {
    return { provider: this.name, label, kind: secret.kind }
  }

  #checkOpen(): Promise<void> {
    if (!this.#closed) return Promise.resolve()
    return Promise.reject(new KeyError('closed', 'the key provider was closed'))
  }
}
