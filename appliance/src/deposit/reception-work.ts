import type { IncrementalHash } from '@probant/evidence'
import { FileEncryptor, nodeCrypto, type PayloadKey } from '@probant/keys'

/** Both digests of a document. */
export interface Digests {
  readonly sha256: Uint8Array
  readonly sha3: Uint8Array
}

/** What has to be written after a step, and at the last one the digests. */
export interface Worked {
  readonly pieces: readonly Uint8Array[]
  readonly digests: Digests | undefined
}

/** What is computed over a document's bytes as they come: both digests, and the encrypted file (formats, section 11). */
export class ReceptionWork {
  readonly #encryptor: FileEncryptor
  readonly #sha256: IncrementalHash = nodeCrypto.incremental('sha256')
  readonly #sha3: IncrementalHash = nodeCrypto.incremental('sha3-256')
  #begun = false

  constructor(payload: PayloadKey) {
    this.#encryptor = new FileEncryptor(payload)
  }

  /** Has read the bytes when it returns. @param isLast no more follow: forgets the key */
  take(bytes: Uint8Array, isLast: boolean): Worked {
    this.#sha256.update(bytes)
    this.#sha3.update(bytes)
    const pieces = [
      ...(this.#begun ? [] : [this.#encryptor.header]),
      ...this.#encryptor.updatePieces(bytes),
      ...(isLast ? [this.#encryptor.final()] : []),
    ]
    this.#begun = true
    const digests = isLast
      ? { sha256: this.#sha256.digest(), sha3: this.#sha3.digest() }
      : undefined
    return { pieces, digests }
  }

  /** Forgets the key and the bytes held. Safe to repeat. */
  discard(): void {
    this.#encryptor.discard()
  }
}

/** In memory of its own, which can be transferred. However many: a caller may send a byte at a time. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
