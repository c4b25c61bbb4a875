import {
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { concat, utf8 } from '@probant/evidence'
import { derived } from '../derivation.ts'

/** The pair of algorithms, as it stands in every recovery key and copy. */
export const KEM_NAME = 'x25519+ml-kem-768'
export const X25519_BYTES = 32
export const ML_KEM_PUBLIC_BYTES = 1184
export const ML_KEM_CIPHERTEXT_BYTES = 1088

// PKCS#8 and SPKI but for the key: RFC 8410 section 7, RFC 9935 (seed form).
const x25519PrivatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
const x25519PublicPrefix = Buffer.from('302a300506032b656e032100', 'hex')
const mlKemPrivatePrefix = Buffer.from('3054020100300b060960864801650304040204428040', 'hex')
const mlKemPublicPrefix = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex')

/** Both private keys; OpenSSL holds them, out of JavaScript's sight. */
export interface PrivateKeys {
  readonly x25519: KeyObject
  readonly mlKem: KeyObject
}

/** Both public keys, raw: 32 bytes (RFC 7748) and 1,184 bytes (FIPS 203). */
export interface PublicKeys {
  readonly x25519: Uint8Array
  readonly mlKem: Uint8Array
}

/** What the sender gives away of an encapsulation. */
export interface Encapsulation {
  readonly ephemeral: Uint8Array
  readonly ciphertext: Uint8Array
}

/** @param seed 32 bytes, from which both keys follow by HKDF-SHA-256 */
export function privateKeysOf(seed: Uint8Array): PrivateKeys {
  return {
    x25519: fromSecret(x25519PrivatePrefix, half(seed, 'x25519', 32)),
    mlKem: fromSecret(mlKemPrivatePrefix, half(seed, 'ml-kem-768', 64)),
  }
}

function half(seed: Uint8Array, name: string, sizeBytes: number): Uint8Array {
  const info = utf8(`probant/recovery-key/v1/${name}`)
  return derived(seed, new Uint8Array(0), info, sizeBytes)
}

function fromSecret(prefix: Uint8Array, secret: Uint8Array): KeyObject {
  const key = Buffer.concat([prefix, secret])
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } finally {
    key.fill(0)
    secret.fill(0)
  }
}

export function publicKeysOf({ x25519, mlKem }: PrivateKeys): PublicKeys {
  return {
    x25519: rawPublic(x25519, x25519PublicPrefix.length),
    mlKem: rawPublic(mlKem, mlKemPublicPrefix.length),
  }
}

function rawPublic(privateKey: KeyObject, prefixBytes: number): Uint8Array {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return new Uint8Array(spki.subarray(prefixBytes))
}

/**
 * The sender's half: a secret for the holder of both private keys.
 * @returns what goes with the message, and `shared`: ML-KEM's 32 bytes, then X25519's 32
 */
export function encapsulateTo(to: PublicKeys): Encapsulation & { readonly shared: Uint8Array } {
  const mlKem = publicKey(mlKemPublicPrefix, to.mlKem)
  const own = generateKeyPairSync('x25519').privateKey
  const { sharedKey, ciphertext } = encapsulate(mlKem)
  const agreed = diffieHellman({
    privateKey: own,
    publicKey: publicKey(x25519PublicPrefix, to.x25519),
  })
  return {
    ephemeral: rawPublic(own, x25519PublicPrefix.length),
    ciphertext: new Uint8Array(ciphertext),
    shared: joined(sharedKey, agreed),
  }
}

/**
 * The holder's half. A ciphertext of another key gives other bytes, no error: what is encrypted under them tells.
 * @throws Error of node:crypto for an ephemeral key of low order
 */
export function decapsulateWith(own: PrivateKeys, sent: Encapsulation): Uint8Array {
  const agreed = diffieHellman({
    privateKey: own.x25519,
    publicKey: publicKey(x25519PublicPrefix, sent.ephemeral),
  })
  return joined(decapsulate(own.mlKem, sent.ciphertext), agreed)
}

/** One after the other; the parts are wiped. */
function joined(mlKem: Buffer, x25519: Buffer): Uint8Array {
  const both = concat(mlKem, x25519)
  mlKem.fill(0)
  x25519.fill(0)
  return both
}

function publicKey(prefix: Uint8Array, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' })
}
