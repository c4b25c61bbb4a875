import { randomFillSync, randomUUID } from 'node:crypto'

/** Unpredictable values as everything outside this package sees them. */
export interface Randomness {
  /** `n` bytes from the kernel's generator, the only copy there is: who overwrites them leaves none. */
  bytes(n: number): Uint8Array
  /** A version 4 UUID, lower case (RFC 9562). */
  uuid(): string
}

export const systemRandomness: Randomness = {
  // A buffer of its own: V8 keeps a short array among its objects, and leaves copies where it moves those.
  bytes: (n) => randomFillSync(new Uint8Array(new ArrayBuffer(n))),
  uuid: () => randomUUID(),
}
