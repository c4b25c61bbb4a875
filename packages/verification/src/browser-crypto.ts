import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { sha3_256, sha3_512 } from '@noble/hashes/sha3.js'
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js'
import {
  fromHex,
  type Answer,
  type EvidenceCrypto,
  type SignatureAlgorithm,
} from '@probant/evidence'

const digests = { sha256, sha384, sha512, 'sha3-256': sha3_256, 'sha3-512': sha3_512 }

type Check = (
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
) => Answer | Promise<Answer>

/** SPKI but for the point, which is uncompressed (RFC 5480 section 2), and the point's length. */
const ecdsa = (curve: typeof p256, spki: string, pointBytes: number): Check => {
  const head = fromHex(spki)
  return (key, message, signature) => {
    const isOfCurve = key.length === head.length + pointBytes && startsWith(key, head)
    if (!isOfCurve || key[head.length] !== 4) return 'invalid'
    const point = key.subarray(head.length)
    return answer(() => curve.verify(signature, message, point, { format: 'der', lowS: false }))
  }
}

/** By the browser, which alone has RSA; what it can't read under `rsaEncryption` is no key. */
const rsa =
  (name: 'RSASSA-PKCS1-v1_5' | 'RSA-PSS', hash: string, saltLength: number): Check =>
  async (key, message, signature) => {
    const { subtle } = globalThis.crypto as Partial<Crypto>
    if (subtle === undefined) return 'cannot-tell'
    const algorithm = { name, hash }
    const read = await subtle.importKey('spki', key, algorithm, false, ['verify']).catch(() => null)
    if (read === null) return isPssKey(key) && name === 'RSA-PSS' ? 'cannot-tell' : 'invalid'
    const holds = await subtle.verify({ name, saltLength }, read, signature, message)
    return holds ? 'valid' : 'invalid'
  }

/** id-RSASSA-PSS (RFC 4055 section 1.2) in a key that browsers don't read. */
const PSS = fromHex('06092a864886f70d01010a')
const isPssKey = (key: Uint8Array) =>
  key.some((_, at) => at < 32 && startsWith(key.subarray(at), PSS))

const checks: Readonly<Record<SignatureAlgorithm, Check>> = {
  'ecdsa-p256-sha256': ecdsa(p256, '3059301306072a8648ce3d020106082a8648ce3d030107034200', 65),
  'ecdsa-p384-sha384': ecdsa(p384, '3076301006072a8648ce3d020106052b81040022036200', 97),
  'ecdsa-p521-sha512': ecdsa(p521, '30819b301006072a8648ce3d020106052b8104002303818600', 133),
  'rsa-pkcs1-sha256': rsa('RSASSA-PKCS1-v1_5', 'SHA-256', 0),
  'rsa-pkcs1-sha384': rsa('RSASSA-PKCS1-v1_5', 'SHA-384', 0),
  'rsa-pkcs1-sha512': rsa('RSASSA-PKCS1-v1_5', 'SHA-512', 0),
  'rsa-pss-sha256': rsa('RSA-PSS', 'SHA-256', 32),
  ed25519: (key, message, signature) =>
    answer(() => ed25519.verify(signature, message, key, { zip215: false })),
  'ml-dsa-44': (key, message, signature) => answer(() => ml_dsa44.verify(signature, message, key)),
}
const checkOf = new Map<string, Check>(Object.entries(checks))

/**
 * The evidence package's cryptography in a browser without a server: digests, ECDSA, Ed25519 and ML-DSA by the noble libraries, RSA by
 * WebCrypto. Answers as node:crypto does, but for keys restricted to RSA-PSS, which browsers don't read: *can't tell*.
 */
export const browserCrypto: EvidenceCrypto = {
  hash: (name, bytes) => digests[name](bytes),
  incremental(name) {
    const hashing = digests[name].create()
    return {
      update(bytes) {
        hashing.update(bytes)
      },
      digest: () => hashing.digest(),
    }
  },
  async verify(algorithm, publicKey, message, signature) {
    const check = checkOf.get(algorithm)
    if (check === undefined) return 'cannot-tell'
    return check(new Uint8Array(publicKey), new Uint8Array(message), new Uint8Array(signature))
  },
}

/** The libraries throw for keys and signatures that are malformed. */
function answer(holds: () => boolean): Answer {
  try {
    return holds() ? 'valid' : 'invalid'
  } catch {
    return 'invalid'
  }
}

const startsWith = (bytes: Uint8Array, head: Uint8Array) =>
  head.every((byte, at) => bytes[at] === byte)
