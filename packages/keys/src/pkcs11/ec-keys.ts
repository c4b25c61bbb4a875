import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { KeyError } from '../errors.ts'
import { Attribute, Mechanism, ObjectClass } from './constants.ts'
import type { Handle } from './cryptoki.ts'
import { attributesOf, findObjects } from './objects.ts'
import type { Token } from './token.ts'

const COORDINATE_BYTES = 32
const POINT_BYTES = 1 + 2 * COORDINATE_BYTES
const UNCOMPRESSED = 0x04
export const RAW_SIGNATURE_BYTES = 64

/** r ‖ s over SHA-256 of the message. */
export async function ecSign(token: Token, key: Handle, message: Uint8Array): Promise<Uint8Array> {
  const digest = hash('sha256', message, 'buffer')
  return token.use((session) => {
    token.cryptoki.C_SignInit(session, { mechanism: Mechanism.ecdsa }, key)
    return token.cryptoki.C_SignAsync(session, digest, Buffer.alloc(RAW_SIGNATURE_BYTES))
  })
}

/** The one public object of a label and class. */
export function publicObject({ cryptoki }: Token, session: Handle, label: string): Handle {
  const objects = findObjects(cryptoki, session, [
    { type: Attribute.class, value: ObjectClass.publicKey },
    { type: Attribute.label, value: Buffer.from(label) },
  ])
  const [object] = objects
  if (object === undefined || objects.length > 1) {
    throw new KeyError('unreadable-key', `the token holds ${objects.length} public keys ${label}`)
  }
  return object
}

/** @throws KeyError `unreadable-key` unless the token gives a point of the curve */
export async function ecPublicKey(token: Token, label: string): Promise<KeyObject> {
  const attributes = await token.use((session) => {
    const object = publicObject(token, session, label)
    return Promise.resolve(attributesOf(token.cryptoki, session, object, [Attribute.ecPoint]))
  })
  // A DER OCTET STRING by the standard; some tokens give the bare point.
  const point = attributes.bytes(Attribute.ecPoint).subarray(-POINT_BYTES)
  const x = point.toString('base64url', 1, 1 + COORDINATE_BYTES)
  const y = point.toString('base64url', 1 + COORDINATE_BYTES)
  try {
    if (point[0] !== UNCOMPRESSED) throw new Error('the point is compressed or none')
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  } catch (cause) {
    throw new KeyError('unreadable-key', `the public key ${label} is no point of P-256`, { cause })
  }
}
