/**
 * Zeros, in memory of their own that whoever overwrites it leaves no copy of. V8 keeps a short array, also one of `Buffer.alloc` and
 * its like, among its objects, and leaves the bytes behind wherever it moves those.
 */
export function secretBytes(sizeBytes: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(sizeBytes))
}

/** The bytes in memory of their own; those given are overwritten. */
export function heldOut(bytes: Uint8Array): Uint8Array {
  const own = new Uint8Array(new ArrayBuffer(bytes.length))
  own.set(bytes)
  bytes.fill(0)
  return own
}
