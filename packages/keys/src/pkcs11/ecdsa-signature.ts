import { KeyError } from '../errors.ts'

const P256_BYTES = 32

/** DER `ECDSA-Sig-Value` (RFC 3279 section 2.2.3) of the r ‖ s that PKCS#11 gives (v2.40, section 2.3.1). */
export function derOfRaw(raw: Uint8Array): Uint8Array {
  if (raw.length !== 2 * P256_BYTES) {
    throw new KeyError('unreachable', `the device gave a signature of ${raw.length} bytes, not 64`)
  }
  const pair = Buffer.concat([
    integer(raw.subarray(0, P256_BYTES)),
    integer(raw.subarray(P256_BYTES)),
  ])
  return Buffer.concat([Uint8Array.of(0x30, pair.length), pair])
}

/** A positive DER INTEGER: no superfluous zero in front, one where the first bit is set. */
function integer(bigEndian: Uint8Array): Uint8Array {
  let first = 0
  while (first < bigEndian.length - 1 && bigEndian[first] === 0) first++
  const shortest = bigEndian.subarray(first)
  const sign = (shortest[0] ?? 0) >= 0x80 ? [0] : []
  return Uint8Array.of(0x02, sign.length + shortest.length, ...sign, ...shortest)
}
