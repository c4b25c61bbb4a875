import {
  cosignatureLine,
  cosignatureMessage,
  formatNote,
  formatVkey,
  keyIdOf,
  parseCheckpoint,
  signatureLine,
  utf8,
  type KeyType,
  type VerifierKey,
} from '@probant/evidence'
import { nodeCrypto, rawPublicKey, type KeyProvider, type KeyRef } from '@probant/keys'
import { SupervisorError } from '../errors.ts'

/** A signing key of the centre with its public half as others know it. */
interface SigningKey {
  ref: KeyRef
  key: VerifierKey
  vkey: string
}

const LABELS = {
  witnessEd25519: { label: 'witness-ed25519', kind: 'ed25519', type: 4 },
  witnessMlDsa44: { label: 'witness-ml-dsa-44', kind: 'ml-dsa-44', type: 6 },
  audit: { label: 'audit-receipt', kind: 'ed25519', type: 1 },
  alertJournal: { label: 'alert-journal', kind: 'ec-p256', type: 2 },
  link: { label: 'acknowledgement-link', kind: 'ed25519', type: 1 },
  message: { label: 'alert-message', kind: 'ed25519', type: 1 },
} as const

type Role = keyof typeof LABELS

/** Key names under which the centre signs, by C2SP. */
export function namesOf(centreName: string): Record<Role, string> {
  return {
    witnessEd25519: centreName,
    witnessMlDsa44: centreName,
    audit: `${centreName}/audit`,
    alertJournal: `${centreName}/alerts/1`,
    link: `${centreName}/link`,
    message: `${centreName}/messages`,
  }
}

/** The centre's signing keys. Each has one purpose: a cosignature never states what a receipt does. */
export class CentreKeys {
  readonly #provider: KeyProvider
  readonly #keys: Record<Role, SigningKey>

  constructor(provider: KeyProvider, keys: Record<Role, SigningKey>) {
    this.#provider = provider
    this.#keys = keys
  }

  /** Types 0x04 and 0x06 under one name. */
  get witnessVkeys(): string[] {
    return [this.#keys.witnessEd25519.vkey, this.#keys.witnessMlDsa44.vkey]
  }

  get auditVkey(): string {
    return this.#keys.audit.vkey
  }

  get alertJournalVkey(): string {
    return this.#keys.alertJournal.vkey
  }

  get alertJournalKey(): VerifierKey {
    return this.#keys.alertJournal.key
  }

  /** What receivers of messages check them with. */
  get messageKey(): { vkey: string; publicKey: Uint8Array } {
    const { vkey, key } = this.#keys.message
    return { vkey, publicKey: key.publicKey }
  }

  /**
   * Both cosignature lines for a checkpoint's text: append-only since the checkpoint witnessed before, no more.
   * The caller commits them before they leave.
   * @param timestampSeconds POSIX seconds of the centre's clock
   */
  async cosign(checkpointText: string, timestampSeconds: number): Promise<string[]> {
    parseCheckpoint(checkpointText)
    const lines: string[] = []
    for (const { ref, key } of [this.#keys.witnessEd25519, this.#keys.witnessMlDsa44]) {
      const type = key.type === 6 ? 6 : 4
      const message = cosignatureMessage({ name: key.name, type }, checkpointText, timestampSeconds)
      const signature = await this.#provider.sign(ref, message)
      lines.push(cosignatureLine(key, timestampSeconds, signature))
    }
    return lines
  }

  /** The signed note of an audit receipt's text (formats.md section 13). */
  async signReceipt(text: string): Promise<string> {
    return this.#signNote(this.#keys.audit, text)
  }

  /** The signed note of a checkpoint of the alert journal. */
  async signAlertCheckpoint(text: string): Promise<string> {
    return this.#signNote(this.#keys.alertJournal, text)
  }

  /** Ed25519 over what a link in a message lets its holder do. */
  async signLink(content: string): Promise<Uint8Array> {
    return this.#provider.sign(this.#keys.link.ref, utf8(content))
  }

  /** Ed25519 over what a receiver of messages checks. */
  async signMessage(content: string): Promise<Uint8Array> {
    return this.#provider.sign(this.#keys.message.ref, utf8(content))
  }

  /** The signed note of a text that receivers of messages check. */
  async signMessageNote(text: string): Promise<string> {
    return this.#signNote(this.#keys.message, text)
  }

  /** Whether a link is one of this centre's. */
  async isOwnLink(content: string, signature: Uint8Array): Promise<boolean> {
    const { publicKey } = this.#keys.link.key
    return (await nodeCrypto.verify('ed25519', publicKey, utf8(content), signature)) === 'valid'
  }

  async close(): Promise<void> {
    await this.#provider.close()
  }

  async #signNote({ ref, key }: SigningKey, text: string): Promise<string> {
    const signature = await this.#provider.sign(ref, utf8(text))
    return formatNote(text, [signatureLine(key.name, key.keyId, signature)])
  }
}

/**
 * The keys made by {@link generateCentreKeys}.
 * @throws SupervisorError `not-initialised` when one is missing
 */
export async function openCentreKeys(
  provider: KeyProvider,
  centreName: string,
): Promise<CentreKeys> {
  return new CentreKeys(
    provider,
    await eachRole(async (role) => {
      const { label, kind } = LABELS[role]
      const found = await provider.find(label)
      // Centres from before there were links or signed messages have no such key, and nothing depended on one.
      const isLater = role === 'link' || role === 'message'
      const ref = found ?? (isLater ? await provider.generate(label, kind) : undefined)
      if (ref === undefined)
        throw new SupervisorError('not-initialised', `the key ${label} is missing`)
      return await signingKey(provider, role, ref, centreName)
    }),
  )
}

/** Makes what is missing of the keys, so that an initialisation that was cut can be run again. */
export async function generateCentreKeys(provider: KeyProvider): Promise<void> {
  for (const { label, kind } of Object.values(LABELS))
    if ((await provider.find(label)) === undefined) await provider.generate(label, kind)
}

async function signingKey(
  provider: KeyProvider,
  role: Role,
  ref: KeyRef,
  centreName: string,
): Promise<SigningKey> {
  const { kind, type } = LABELS[role]
  const name = namesOf(centreName)[role]
  const spki = await provider.publicKey(ref)
  const publicKey = kind === 'ec-p256' ? spki : rawPublicKey(kind, spki)
  return { ref, key: verifierKey(name, type, publicKey), vkey: vkeyOf(name, type, publicKey) }
}

function verifierKey(name: string, type: KeyType, publicKey: Uint8Array): VerifierKey {
  return { name, type, publicKey, keyId: keyIdOf(nodeCrypto, name, type, publicKey) }
}

function vkeyOf(name: string, type: KeyType, publicKey: Uint8Array): string {
  return formatVkey(name, type, publicKey, nodeCrypto)
}

async function eachRole<T>(make: (role: Role) => Promise<T>): Promise<Record<Role, T>> {
  return {
    witnessEd25519: await make('witnessEd25519'),
    witnessMlDsa44: await make('witnessMlDsa44'),
    audit: await make('audit'),
    alertJournal: await make('alertJournal'),
    link: await make('link'),
    message: await make('message'),
  }
}
