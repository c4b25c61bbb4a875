import { Tpm2Error } from '../errors.ts'

/** Takes a structure apart from its front; every read beyond the end is an error, never `undefined`. */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#advance(1))
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4))
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#advance(8))
  }

  take(length: number): Uint8Array {
    const from = this.#advance(length)
    return Uint8Array.from(this.#bytes.subarray(from, from + length))
  }

  /** The content of a TPM2B. */
  sized(): Uint8Array {
    return this.take(this.u16())
  }

  /** @throws Tpm2Error `malformed` when bytes are left over */
  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed('it has bytes after its end')
  }

  #advance(length: number): number {
    const from = this.#at
    if (from + length > this.#bytes.length) throw malformed('it ends too early')
    this.#at = from + length
    return from
  }
}

export function malformed(why: string): Tpm2Error {
  return new Tpm2Error('malformed', `A TPM structure can't be read: ${why}.`)
}

/** The content of one TPM2B and nothing else. @throws Tpm2Error `malformed` */
export function unsized(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes)
  const content = reader.sized()
  reader.end()
  return content
}
