import { EncryptedFileError, KeyError } from '../errors.ts'
import { decryptChunk, joined } from './chunk.ts'
import { HEADER_BYTES, openHeader, STORED_CHUNK_BYTES, type PayloadKey } from './header.ts'
import { HeldBytes } from './held-bytes.ts'

/**
 * Decrypts one file as it streams, in memory of two chunks. What `update` returns is authenticated, but that nothing is
 * missing after it is known only when `final` returned: a reader that passes plaintext on must
 * break off visibly when `final` throws.
 */
export class FileDecryptor {
  readonly #dataKey: Buffer
  readonly #held = new HeldBytes(STORED_CHUNK_BYTES)
  #header = Buffer.alloc(0)
  #payload: PayloadKey | undefined
  #index = 0
  #ended = false

  /** @param dataKey 32 bytes */
  constructor(dataKey: Uint8Array) {
    this.#dataKey = Buffer.from(dataKey)
  }

  /** Authenticated plaintext, often empty. @throws EncryptedFileError any code; KeyError `closed` */
  update(stored: Uint8Array): Buffer {
    return joined(this.updatePieces(stored))
  }

  /** Like `update`, one piece a chunk: nothing is copied together. All or none of them is returned. */
  updatePieces(stored: Uint8Array): Buffer[] {
    if (this.#ended) throw new KeyError('closed', 'the file was already ended')
    try {
      return this.#chunks(stored)
    } catch (error) {
      this.discard()
      throw error
    }
  }

  #chunks(stored: Uint8Array): Buffer[] {
    const rest = this.#takeHeader(stored)
    const payload = this.#payload
    if (payload === undefined) return []
    const pieces: Buffer[] = []
    this.#held.push(rest, (chunk) => {
      pieces.push(decryptChunk(payload, this.#index++, false, chunk))
    })
    return pieces
  }

  /** Reads the header as soon as it is complete; returns what follows it. */
  #takeHeader(stored: Uint8Array): Uint8Array {
    if (this.#payload !== undefined) return stored
    const needed = HEADER_BYTES - this.#header.length
    this.#header = Buffer.concat([this.#header, stored.subarray(0, needed)])
    if (this.#header.length === HEADER_BYTES) {
      this.#payload = openHeader(this.#header, this.#dataKey)
      this.#dataKey.fill(0)
    }
    return stored.subarray(needed)
  }

  /** The plaintext of the last chunk; that it returns shows that the file is whole. Forgets the key. */
  final(): Buffer {
    if (this.#ended) throw new KeyError('closed', 'the file was already ended')
    try {
      if (this.#payload === undefined) {
        throw new EncryptedFileError('truncated', 'the file ends within its header')
      }
      return decryptChunk(this.#payload, this.#index, true, this.#held.rest())
    } finally {
      this.discard()
    }
  }

  /** Forgets the key. Safe to repeat. */
  discard(): void {
    this.#ended = true
    this.#dataKey.fill(0)
    this.#payload = undefined
    this.#held.wipe()
  }
}
