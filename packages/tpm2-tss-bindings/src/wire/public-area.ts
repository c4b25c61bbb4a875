import { createHash } from 'node:crypto'
import { ALG_ECC, ALG_NULL, ALG_RSA, ALG_SHA256, CURVE_P256 } from './algorithms.ts'
import { malformed, Reader } from './reader.ts'
import { joined, u16 } from './writer.ts'

/** TPMA_OBJECT (part 2, section 8.3). */
export const attributes = {
  fixedTpm: 1 << 1,
  fixedParent: 1 << 4,
  sensitiveDataOrigin: 1 << 5,
  userWithAuth: 1 << 6,
  adminWithPolicy: 1 << 7,
  noDictionaryAttack: 1 << 10,
  restricted: 1 << 16,
  decrypt: 1 << 17,
  sign: 1 << 18,
} as const

/** What a TPMT_PUBLIC says of every kind of object. */
export interface PublicArea {
  readonly type: number
  readonly nameAlgorithm: number
  readonly attributes: number
  readonly authPolicy: Uint8Array
}

/** @param publicArea TPMT_PUBLIC, without the length of TPM2B_PUBLIC. @throws Tpm2Error `malformed` */
export function readPublicArea(publicArea: Uint8Array): PublicArea {
  return header(new Reader(publicArea))
}

function header(reader: Reader): PublicArea {
  return {
    type: reader.u16(),
    nameAlgorithm: reader.u16(),
    attributes: reader.u32(),
    authPolicy: reader.sized(),
  }
}

/** The object's Name (part 1, section 16): the hash's number, then the hash of the public area. Only SHA-256 names are known here. */
export function nameOf(publicArea: Uint8Array): Uint8Array {
  if (readPublicArea(publicArea).nameAlgorithm !== ALG_SHA256) {
    throw malformed('its name is by another hash than SHA-256')
  }
  return joined(u16(ALG_SHA256), createHash('sha256').update(publicArea).digest())
}

/** SubjectPublicKeyInfo of a P-256 point, up to and including the mark of an uncompressed one (RFC 5480). */
const P256_SPKI_PREFIX = Buffer.from(
  '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
  'hex',
)

/** The public key of an ECC P-256 object as SPKI, DER. @throws Tpm2Error `malformed` for any other object */
export function spkiOf(publicArea: Uint8Array): Uint8Array {
  const reader = new Reader(publicArea)
  if (header(reader).type !== ALG_ECC) throw malformed("it isn't of an elliptic curve key")
  if (reader.u16() !== ALG_NULL) reader.take(4)
  if (reader.u16() !== ALG_NULL) reader.take(2)
  if (reader.u16() !== CURVE_P256) throw malformed("its curve isn't P-256")
  if (reader.u16() !== ALG_NULL) reader.take(2)
  const x = coordinate(reader.sized())
  const y = coordinate(reader.sized())
  reader.end()
  return joined(P256_SPKI_PREFIX, x, y)
}

/** A TPM may leave out leading zeros (part 2, section 11.2.5.1). */
function coordinate(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 32) throw malformed('a coordinate is longer than the curve')
  return joined(new Uint8Array(32 - bytes.length), bytes)
}

/** x and y of a P-256 SPKI. @throws Tpm2Error `malformed` for any other key */
export function pointOf(spki: Uint8Array): { x: Uint8Array; y: Uint8Array } {
  const prefix = P256_SPKI_PREFIX.length
  if (!P256_SPKI_PREFIX.equals(spki.subarray(0, prefix)) || spki.length !== prefix + 64) {
    throw malformed("the public key isn't an uncompressed P-256 key")
  }
  return { x: spki.slice(prefix, prefix + 32), y: spki.slice(prefix + 32) }
}

/** The modulus of an RSA object, big-endian. @throws Tpm2Error `malformed` for any other object */
export function modulusOf(publicArea: Uint8Array): Uint8Array {
  const reader = new Reader(publicArea)
  if (header(reader).type !== ALG_RSA) throw malformed("it isn't of an RSA key")
  if (reader.u16() !== ALG_NULL) reader.take(4)
  if (reader.u16() !== ALG_NULL) reader.take(2)
  reader.take(6)
  return reader.sized()
}
