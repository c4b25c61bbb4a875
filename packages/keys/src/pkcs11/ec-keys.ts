import { createPublicKey, hash } from 'node:crypto'
import { KeyError } from '../errors.ts'
import { Attribute, Mechanism, ObjectClass } from './constants.ts'
import type { Handle } from './cryptoki.ts'
import { attributesOf, findObjects } from './objects.ts'
import type { Token } from './token.ts'

/** SPKI of an uncompressed P-256 point, up to the point (RFC 5480). */
const SPKI_HEAD = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')
const POINT_BYTES = 65
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

/** SPKI, DER. @throws KeyError `unreadable-key` unless the token gives a point of the curve */
export function ecSpki(token: Token, session: Handle, label: string): Uint8Array {
  const object = publicObject(token, session, label)
  const attributes = attributesOf(token.cryptoki, session, object, [Attribute.ecPoint])
  // A DER OCTET STRING by the standard; some tokens give the bare point.
  const point = attributes.bytes(Attribute.ecPoint).subarray(-POINT_BYTES)
  const spki = Buffer.concat([SPKI_HEAD, point])
  try {
    createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new KeyError('unreadable-key', `the public key ${label} is no point of P-256`, { cause })
  }
  return spki
}
