import { randomBytes, randomUUID } from 'node:crypto'

/** Unpredictable values as everything outside this package sees them. */
export interface Randomness {
  /** `n` bytes from the kernel's generator. */
  bytes(n: number): Uint8Array
  /** A version 4 UUID, lower case (RFC 9562). */
  uuid(): string
}

export const systemRandomness: Randomness = {
  bytes: (n) => new Uint8Array(randomBytes(n)),
  uuid: () => randomUUID(),
}
