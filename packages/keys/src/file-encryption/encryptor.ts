import { KeyError } from '../errors.ts'
import { encryptChunk, joined } from './chunk.ts'
import { CHUNK_BYTES, type PayloadKey } from './header.ts'
import { HeldBytes } from './held-bytes.ts'

/**
 * Encrypts one file as it streams (docs/formats.md section 11), in memory of two chunks whatever the file's size:
 * `header`, then what each `update` returns, then `final`. Reads the bytes given before it returns, so a
 * caller may reuse its buffer.
 */
export class FileEncryptor {
  /** The first 80 bytes of the file. */
  readonly header: Buffer
  #payload: PayloadKey | undefined
  readonly #held = new HeldBytes(CHUNK_BYTES)
  #index = 0
  #plaintextBytes = 0

  constructor(payload: PayloadKey) {
    this.#payload = payload
    this.header = Buffer.from(payload.header)
  }

  /** Plaintext taken so far. */
  get plaintextBytes(): number {
    return this.#plaintextBytes
  }

  /** Like `update`, in pieces for one `writev`: nothing is copied together. */
  updatePieces(plaintext: Uint8Array): Buffer[] {
    const payload = this.#open()
    const pieces: Buffer[] = []
    this.#plaintextBytes += plaintext.length
    this.#held.push(plaintext, (chunk) => {
      pieces.push(...encryptChunk(payload, this.#index++, false, chunk))
    })
    return pieces
  }

  /** Whole stored chunks, as far as they are known not to be the last; often empty. @throws KeyError `closed` */
  update(plaintext: Uint8Array): Buffer {
    return joined(this.updatePieces(plaintext))
  }

  /** The last stored chunk. Forgets the key. @throws KeyError `closed` when called twice */
  final(): Buffer {
    const last = encryptChunk(this.#open(), this.#index, true, this.#held.rest())
    this.discard()
    return Buffer.concat(last)
  }

  /** Gives the file up: forgets the key and the plaintext held. Safe to repeat. */
  discard(): void {
    this.#payload = undefined
    this.#held.wipe()
  }

  #open(): PayloadKey {
    if (this.#payload === undefined) throw new KeyError('closed', 'the file was already ended')
    return this.#payload
  }
}
