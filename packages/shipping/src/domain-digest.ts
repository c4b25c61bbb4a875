import { createHash } from 'node:crypto'
import { lengthPrefixed, utf8 } from '@probant/evidence'

/** SHA-256 of bytes under the name of what they are for, so that no digest serves for two things. */
export function domainDigest(domain: string, bytes: Uint8Array): Uint8Array {
  const digest = createHash('sha256')
    .update(lengthPrefixed(utf8(domain)))
    .update(bytes)
    .digest()
  return Uint8Array.from(digest)
}
