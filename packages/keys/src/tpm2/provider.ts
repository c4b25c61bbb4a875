import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { concat } from '@probant/evidence'
import type { Randomness } from '@probant/host'
import {
  create,
  randomBytes,
  readClock,
  seal as sealInTpm,
  signDigest,
  signingKey,
  spkiOf,
  unseal,
  type KeyBlob,
} from '@probant/tpm2-tss-bindings'
import { KeyError } from '../errors.ts'
import { KeyFolder } from '../key-folder.ts'
import type { Attestation, Capabilities, KeyKind, KeyProvider, KeyRef } from '../provider.ts'
import { checkEnclosable, checkLabel, checkRandomBytes, wrongKind } from '../refusals.ts'
import { openSealed, seal } from '../sealed-bytes.ts'
import { signedPolicy } from './approval.ts'
import { Approvals } from './approvals.ts'
import { certification } from './certification.ts'
import { Desk } from './desk.ts'
import { formatKey, parseKey, tpm2Kinds, type StoredKey, type Tpm2Kind } from './key-blob.ts'
import type { Shift } from './shift.ts'
import { StorageRoot } from './storage-root.ts'

const POLICY_FOLDER = 'policy'

/** Which TPM holds the keys. */
export interface Tpm2Settings {
  readonly provider: 'tpm2'
  /** As tpm2-tools take it: `device:/dev/tpmrm0`, `swtpm:host=127.0.0.1,port=2321`. */
  readonly tcti: string
  /** Holds the keys as the TPM wrapped them, and in `policy/` the policy key and what it approved; made with mode 0700. */
  readonly folder: string
  /** True on a machine that was provisioned as a box: keys without a policy are then refused. */
  readonly provisionedBox?: boolean
}

/**
 * Keys in a TPM 2.0: signing keys are made inside and can't leave it; secrets that enclose are sealed there and opened into memory.
 * @throws KeyError `wrong-device` when the folder's keys are another TPM's; `refused`, `not-available`, `unreachable`, `unsafe-permissions`
 */
export async function openTpm2Provider(
  settings: Tpm2Settings,
  randomness: Randomness,
): Promise<KeyProvider> {
  const folder = await KeyFolder.open(settings.folder, randomness)
  const approvals = new Approvals(join(settings.folder, POLICY_FOLDER))
  const policyKey = await approvals.policyKey()
  const warnings = warningsOf(settings, approvals, policyKey)
  if (warnings[0] !== undefined && settings.provisionedBox === true) {
    throw new KeyError('refused', `On a provisioned box this is refused: ${warnings[0]}`)
  }
  const root = await StorageRoot.remembered(settings.folder)
  const desk = new Desk(settings.tcti, root, approvals)
  // an empty job: the storage root key is looked at before anything else is done
  await desk
    .run(() => Promise.resolve())
    .catch(async (error: unknown) => {
      await desk.close()
      throw error
    })
  const policy = policyKey === undefined ? undefined : signedPolicy(policyKey)
  const warning = warnings.length === 0 ? undefined : warnings.join(' ')
  const place = `the TPM at ${settings.tcti}`
  return new Tpm2Provider({ place, warning, folder, desk, policy, randomness })
}

function warningsOf({ tcti }: Tpm2Settings, { folder }: Approvals, policyKey?: Uint8Array) {
  return [
    ...(/^(swtpm|mssim)/.test(tcti)
      ? [`The TPM (${tcti}) is a program: whoever controls the machine it runs on has its keys.`]
      : []),
    ...(policyKey === undefined
      ? [
          `The TPM gives its keys to whatever software this machine boots, since there is no policy key (${folder}/key.pem).`,
        ]
      : []),
  ]
}

interface Parts {
  readonly place: string
  readonly warning: string | undefined
  readonly folder: KeyFolder
  readonly desk: Desk
  readonly policy: Uint8Array | undefined
  readonly randomness: Randomness
}

class Tpm2Provider implements KeyProvider {
  readonly name = 'tpm2'
  readonly capabilities: Capabilities = {
    kinds: tpm2Kinds,
    signingKeysStayInside: true,
    enclosing: 'aes-256-gcm',
    opensWrappingKeys: true,
    attests: true,
    persistent: true,
  }
  readonly place: string
  readonly warning: string | undefined
  readonly #parts: Parts
  readonly #stored = new Map<string, StoredKey>()
  readonly #secrets = new Map<string, Promise<KeyObject>>()
  #closed = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.place = parts.place
    this.warning = parts.warning
  }

  /** TPM2_ReadClock (TPM 2.0 part 3, 29.1): its `time`, never its `clock`, which TPM2_ClockSet moves. */
  async powerTime(): Promise<{ cycle: string; ms: number }> {
    this.#checkOpen()
    const { time, clockInfo } = await this.#parts.desk.run(({ use }) => readClock(use))
    return { cycle: `${clockInfo.resetCount}.${clockInfo.restartCount}`, ms: Number(time) }
  }

  async generate(label: string, kind: KeyKind): Promise<KeyRef> {
    this.#checkOpen()
    checkLabel(label)
    const known = tpm2Kinds.find((one) => one === kind)
    if (known === undefined) {
      throw new KeyError('not-available', `the tpm2 provider makes no ${kind} keys`)
    }
    if ((await this.#parts.folder.read(label)) !== undefined) {
      throw new KeyError('already-exists', `there is a key ${label} already`)
    }
    const blob = await this.#parts.desk.run((shift) => this.#make(shift, known))
    await this.#parts.folder.create(label, formatKey(label, known, blob))
    return { provider: this.name, label, kind: known }
  }

  async find(label: string): Promise<KeyRef | undefined> {
    const stored = await this.#load(label)
    return stored === undefined ? undefined : { provider: this.name, label, kind: stored.kind }
  }

  async publicKey(ref: KeyRef): Promise<Uint8Array> {
    const stored = await this.#keyOf(ref, 'ec-p256', 'has no public part')
    return spkiOf(stored.blob.publicArea)
  }

  async sign(ref: KeyRef, message: Uint8Array): Promise<Uint8Array> {
    const stored = await this.#keyOf(ref, 'ec-p256', 'signs nothing')
    const digest = createHash('sha256').update(message).digest()
    return this.#parts.desk.run(async (shift) => {
      const key = await shift.loaded(ref.label, stored)
      return shift.authorised(stored, (by) => signDigest(shift.use, key, digest, by))
    })
  }

  async enclose(
    ref: KeyRef,
    plaintext: Uint8Array,
    associatedData: Uint8Array,
  ): Promise<Uint8Array> {
    const secret = await this.#secretOf(ref)
    checkEnclosable(plaintext)
    return seal(secret, plaintext, associatedData, this.#parts.randomness)
  }

  async open(ref: KeyRef, enclosed: Uint8Array, associatedData: Uint8Array): Promise<Uint8Array> {
    return openSealed(await this.#secretOf(ref), enclosed, associatedData)
  }

  async random(n: number): Promise<Uint8Array> {
    this.#checkOpen()
    checkRandomBytes(n)
    return this.#parts.desk.run((shift) => this.#random(shift, n))
  }

  async attest(ref: KeyRef): Promise<Attestation> {
    const stored = await this.#storedOf(ref)
    return this.#parts.desk.run((shift) => certification(shift, ref.label, stored))
  }

  /** What the TPM wrapped goes with its file: the TPM itself keeps nothing of a key. */
  async destroy(ref: KeyRef): Promise<void> {
    const stored = await this.#load(ref.label)
    if (stored === undefined || ref.provider !== this.name) return
    if (stored.kind !== ref.kind) throw wrongKind(ref, `is of kind ${stored.kind}`)
    await this.#parts.folder.remove(ref.label)
    this.#stored.delete(ref.label)
    this.#secrets.delete(ref.label)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#secrets.clear()
    await this.#parts.desk.close()
  }

  async #make(shift: Shift, kind: Tpm2Kind): Promise<KeyBlob> {
    const { policy } = this.#parts
    if (kind === 'ec-p256') return create(shift.use, shift.root, signingKey({ policy }))
    const secret = await this.#random(shift, 32)
    try {
      return await sealInTpm(shift.use, shift.root, secret, policy === undefined ? {} : { policy })
    } finally {
      secret.fill(0)
    }
  }

  /** From the TPM and the kernel together, so that neither alone can know them; a TPM is slow to give many. */
  async #random(shift: Shift, n: number): Promise<Uint8Array> {
    const seed = concat(await randomBytes(shift.use, 32), this.#parts.randomness.bytes(32))
    if (n === 0) return new Uint8Array()
    return Uint8Array.from(createHash('shake256', { outputLength: n }).update(seed).digest())
  }

  /** The secret in memory, unsealed once; OpenSSL holds it and wipes it, out of JavaScript's sight. */
  async #secretOf(ref: KeyRef): Promise<KeyObject> {
    const stored = await this.#keyOf(ref, 'wrapping-aes-256', 'encloses nothing')
    const known = this.#secrets.get(ref.label)
    if (known !== undefined) return known
    const secret = this.#parts.desk.run(async (shift) => {
      const item = await shift.loaded(ref.label, stored)
      const bytes = await shift.authorised(stored, (by) => unseal(shift.use, item, by))
      try {
        return createSecretKey(bytes)
      } finally {
        bytes.fill(0)
      }
    })
    this.#secrets.set(ref.label, secret)
    secret.catch(() => this.#secrets.delete(ref.label))
    return secret
  }

  async #keyOf(ref: KeyRef, kind: Tpm2Kind, otherwise: string): Promise<StoredKey> {
    const stored = await this.#storedOf(ref)
    if (stored.kind !== kind) throw wrongKind(ref, otherwise)
    return stored
  }

  async #storedOf(ref: KeyRef): Promise<StoredKey> {
    const stored = ref.provider === this.name ? await this.#load(ref.label) : undefined
    if (stored === undefined) throw new KeyError('not-found', `there is no key ${ref.label}`)
    if (stored.kind !== ref.kind) throw wrongKind(ref, `is of kind ${stored.kind}`)
    return stored
  }

  async #load(label: string): Promise<StoredKey | undefined> {
    this.#checkOpen()
    const known = this.#stored.get(label)
    if (known !== undefined) return known
    const bytes = await this.#parts.folder.read(label)
    if (bytes === undefined) return undefined
    const stored = parseKey(label, bytes)
    this.#stored.set(label, stored)
    return stored
  }

  #checkOpen(): void {
    if (this.#closed) throw new KeyError('closed', 'the key provider was closed')
  }
}
