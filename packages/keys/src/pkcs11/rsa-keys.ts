import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { Attribute, Mechanism, RSA_BYTES } from './constants.ts'
import type { Handle } from './cryptoki.ts'
import { publicObject } from './ec-keys.ts'
import { attributesOf } from './objects.ts'
import type { Token } from './token.ts'

/** DER DigestInfo of SHA-256 but for the digest (RFC 8017 section 9.2). */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** RSASSA-PKCS1-v1_5 over SHA-256 of the message. The token is given the digest: every token with RSA signs that, not all of them hash. */
export async function rsaSign(token: Token, key: Handle, message: Uint8Array): Promise<Uint8Array> {
  const info = Buffer.concat([SHA256_DIGEST_INFO, hash('sha256', message, 'buffer')])
  return token.use((session) => {
    token.cryptoki.C_SignInit(session, { mechanism: Mechanism.rsaPkcs1 }, key)
    return token.cryptoki.C_SignAsync(session, info, Buffer.alloc(RSA_BYTES))
  })
}

export function rsaPublicKey(token: Token, label: string): Promise<KeyObject> {
  return token.use((session) => {
    const object = publicObject(token, session, label)
    const attributes = attributesOf(token.cryptoki, session, object, [
      Attribute.modulus,
      Attribute.publicExponent,
    ])
    const n = attributes.bytes(Attribute.modulus).toString('base64url')
    const e = attributes.bytes(Attribute.publicExponent).toString('base64url')
    return Promise.resolve(createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' }))
  })
}
