import { createHash, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { keyIdOf } from '../src/index.ts'
import type { EvidenceCrypto, KeyType, SignatureAlgorithm, VerifierKey } from '../src/index.ts'

// packages/keys has the product's implementation; it depends on this package, so the tests here bring their own.

// SubjectPublicKeyInfo up to the raw key: RFC 8410 section 4, RFC 9881 section 4.
const spkiPrefix: Partial<Record<SignatureAlgorithm, Buffer>> = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  'ml-dsa-44': Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
}

const digests: ReadonlyMap<SignatureAlgorithm, string> = new Map([
  ['ecdsa-p256-sha256', 'sha256'],
  ['ecdsa-p384-sha384', 'sha384'],
])

/** Cryptography by node:crypto for the algorithms of notes; anything else it can't tell. */
export const testCrypto: EvidenceCrypto = {
  hash: (name, bytes) => hash(name, bytes, 'buffer'),
  incremental: (name) => {
    const state = createHash(name)
    return { update: (bytes) => void state.update(bytes), digest: () => state.digest() }
  },
  verify: (algorithm, publicKey, message, signature) => {
    const ecdsa = digests.get(algorithm)
    if (ecdsa === undefined && algorithm !== 'ed25519' && algorithm !== 'ml-dsa-44') {
      return Promise.resolve('cannot-tell')
    }
    try {
      const der = Buffer.concat([spkiPrefix[algorithm] ?? Buffer.alloc(0), publicKey])
      const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
      return Promise.resolve(verify(ecdsa ?? null, message, key, signature) ? 'valid' : 'invalid')
    } catch {
      return Promise.resolve('invalid')
    }
  },
}

/** The same machine without one algorithm: stands for a browser, or an OpenSSL that is too old. */
export function withoutAlgorithm(missing: SignatureAlgorithm): EvidenceCrypto {
  return {
    ...testCrypto,
    verify: (algorithm, publicKey, message, signature) =>
      algorithm === missing
        ? Promise.resolve('cannot-tell')
        : testCrypto.verify(algorithm, publicKey, message, signature),
  }
}

/** A key pair that signs notes. */
export interface TestSigner {
  readonly key: VerifierKey
  sign(message: Uint8Array): Uint8Array
}

/** A fresh key pair of a note signature type. */
export function testSigner(name: string, type: KeyType): TestSigner {
  const { publicKey, privateKey } = generate(type)
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const raw = type === 2 ? spki : spki.subarray(type === 6 ? -1312 : -32)
  const bytes = new Uint8Array(raw)
  return {
    key: { name, type, publicKey: bytes, keyId: keyIdOf(testCrypto, name, type, bytes) },
    sign: (message) => sign(type === 2 ? 'sha256' : null, message, privateKey),
  }
}

function generate(type: KeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  if (type === 2) return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return type === 6 ? generateKeyPairSync('ml-dsa-44') : generateKeyPairSync('ed25519')
}
