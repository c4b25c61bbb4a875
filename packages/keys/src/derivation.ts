import { createHmac } from 'node:crypto'
import { secretBytes } from './secret-bytes.ts'

const HASH_BYTES = 32

/**
 * HKDF-SHA-256 (RFC 5869) by its steps, of which nothing is left in memory once the caller overwrote what it got: `hkdf` of
 * node:crypto makes a key object of the secret, which stays until it is collected.
 */
export function derived(
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  sizeBytes: number,
): Buffer {
  const extracted = extract(secret, salt)
  try {
    return expand(extracted, info, sizeBytes)
  } finally {
    extracted.fill(0)
  }
}

/** RFC 5869 section 2.2: 32 bytes. */
export function extract(secret: Uint8Array, salt: Uint8Array): Buffer {
  return createHmac('sha256', salt).update(secret).digest()
}

/** RFC 5869 section 2.3. */
export function expand(extracted: Uint8Array, info: Uint8Array, sizeBytes: number): Buffer {
  const out = secretBytes(Math.ceil(sizeBytes / HASH_BYTES) * HASH_BYTES)
  for (let at = 0; at < out.length; at += HASH_BYTES) {
    const block = createHmac('sha256', extracted)
      .update(out.subarray(Math.max(0, at - HASH_BYTES), at))
      .update(info)
      .update(Buffer.of(at / HASH_BYTES + 1))
      .digest()
    block.copy(out, at)
    block.fill(0)
  }
  return out.subarray(0, sizeBytes)
}
