/**
 * Cuts a stream into pieces of a fixed size but always keeps back the newest 1 … size bytes, because only the end tells
 * whether they are the last. Copies only what it keeps; whole pieces inside what is given are passed on as views.
 */
export class HeldBytes {
  readonly #held: Buffer
  #length = 0

  constructor(sizeBytes: number) {
    this.#held = Buffer.allocUnsafeSlow(sizeBytes)
  }

  /** Calls `piece` with each full piece that is known not to be the last; the bytes are valid during the call only. */
  push(bytes: Uint8Array, piece: (bytes: Uint8Array) => void): void {
    const size = this.#held.length
    let at = 0
    if (this.#length > 0) {
      at = Math.min(size - this.#length, bytes.length)
      this.#held.set(bytes.subarray(0, at), this.#length)
      this.#length += at
      if (at === bytes.length) return
      piece(this.#held)
      this.#length = 0
    }
    while (bytes.length - at > size) {
      piece(bytes.subarray(at, at + size))
      at += size
    }
    this.#held.set(bytes.subarray(at))
    this.#length = bytes.length - at
  }

  /** What was kept back, valid until the next call. */
  rest(): Buffer {
    return this.#held.subarray(0, this.#length)
  }

  /** Overwrites what was kept: it may be plaintext. */
  wipe(): void {
    this.#held.fill(0)
    this.#length = 0
  }
}
