import ssh2 from 'ssh2'
import type { KeyProvider, KeyRef } from '@probant/keys'
import { AgentError } from '../errors.ts'
import { toMpintPair } from './ecdsa-signature.ts'

/** Label of the agent's key in its key provider. */
export const SSH_KEY_LABEL = 'agent-ssh'

/** SubjectPublicKeyInfo up to the key itself (RFC 5480, uncompressed P-256 point; RFC 8410). */
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

export type SshKeyType = 'ecdsa-sha2-nistp256' | 'ssh-ed25519'

export interface SshPublicKey {
  type: SshKeyType
  /** Public key in SSH wire format: RFC 5656 section 3.1, RFC 8709 section 4. */
  blob: Buffer
}

/**
 * The SSH form of a public key.
 * @throws AgentError `unusable-key` for anything but an uncompressed P-256 point or Ed25519
 */
export function sshPublicKey(spki: Uint8Array): SshPublicKey {
  const der = Buffer.from(spki)
  if (der.length === 91 && der.subarray(0, 26).equals(P256_PREFIX) && der[26] === 4)
    return {
      type: 'ecdsa-sha2-nistp256',
      blob: joined('ecdsa-sha2-nistp256', 'nistp256', der.subarray(26)),
    }
  if (der.length === 44 && der.subarray(0, 12).equals(ED25519_PREFIX))
    return { type: 'ssh-ed25519', blob: joined('ssh-ed25519', der.subarray(12)) }
  throw new AgentError('unusable-key', 'the agent-ssh key is neither P-256 nor Ed25519')
}

/**
 * Signs SSH authentication through a key provider, as an SSH agent does: the private key never enters this process
 * where the provider is hardware.
 */
export class ProviderKeyAgent extends ssh2.BaseAgent<string> {
  readonly #provider: KeyProvider
  readonly #key: KeyRef
  readonly #publicKey: SshPublicKey

  constructor(provider: KeyProvider, key: KeyRef, publicKey: SshPublicKey) {
    super()
    this.#provider = provider
    this.#key = key
    this.#publicKey = publicKey
  }

  override getIdentities(done: (error?: Error | null, keys?: string[]) => void): void {
    done(null, [`${this.#publicKey.type} ${this.#publicKey.blob.toString('base64')}`])
  }

  override sign(
    _publicKey: string,
    data: Buffer,
    optionsOrDone: object | ssh2.SignCallback,
    callback?: ssh2.SignCallback,
  ): void {
    const done =
      typeof optionsOrDone === 'function' ? (optionsOrDone as ssh2.SignCallback) : callback
    this.#sign(data).then(
      (signature) => done?.(null, signature),
      (error: unknown) => done?.(error instanceof Error ? error : new Error(String(error))),
    )
  }

  async #sign(data: Buffer): Promise<Buffer> {
    const signature = await this.#provider.sign(this.#key, data)
    return this.#publicKey.type === 'ssh-ed25519' ? Buffer.from(signature) : toMpintPair(signature)
  }
}

/** The agent's key, ready to authenticate. @throws AgentError `unusable-key` when it was never made */
export async function sshKeyOf(provider: KeyProvider): Promise<ProviderKeyAgent> {
  const key = await provider.find(SSH_KEY_LABEL)
  if (key === undefined)
    throw new AgentError('unusable-key', 'no key agent-ssh: the agent was never initialised here')
  return new ProviderKeyAgent(provider, key, sshPublicKey(await provider.publicKey(key)))
}

function joined(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = typeof part === 'string' ? Buffer.from(part, 'ascii') : Buffer.from(part)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
