import { ALG_ECDSA, ALG_SHA256 } from './algorithms.ts'
import { malformed, Reader } from './reader.ts'
import { joined, sized, u16, u8 } from './writer.ts'

/** DER (RFC 3279 section 2.2.3) of a TPMT_SIGNATURE by ECDSA with SHA-256. @throws Tpm2Error `malformed` for another scheme */
export function derOfSignature(signature: Uint8Array): Uint8Array {
  const reader = new Reader(signature)
  if (reader.u16() !== ALG_ECDSA || reader.u16() !== ALG_SHA256) {
    throw malformed("the signature isn't ECDSA with SHA-256")
  }
  const content = joined(derInteger(reader.sized()), derInteger(reader.sized()))
  reader.end()
  // r and s of P-256 fit 72 bytes, so that lengths take one byte
  return joined(u8(0x30), u8(content.length), content)
}

function derInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first === -1 ? Uint8Array.of(0) : bytes.subarray(first)
  const positive = (digits[0] ?? 0) >= 0x80 ? joined(u8(0), digits) : digits
  return joined(u8(0x02), u8(positive.length), positive)
}

/** The TPMT_SIGNATURE of an ECDSA P-256 signature with SHA-256 given as r ‖ s, 64 bytes (IEEE P1363). @throws Tpm2Error `malformed` */
export function signatureOf(p1363: Uint8Array): Uint8Array {
  if (p1363.length !== 64) throw malformed("r ‖ s of P-256 isn't 64 bytes long")
  return joined(
    u16(ALG_ECDSA),
    u16(ALG_SHA256),
    sized(p1363.subarray(0, 32)),
    sized(p1363.subarray(32)),
  )
}
