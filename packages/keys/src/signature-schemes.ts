import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  verify,
  type KeyObject,
  type SigningOptions,
} from 'node:crypto'
import type { SignatureAlgorithm } from '@probant/evidence'

/** How node:crypto is asked for one algorithm. */
export interface Scheme {
  /** Digest name; null where the algorithm hashes by itself. */
  readonly digest: string | null
  readonly options: SigningOptions & { dsaEncoding?: 'der' }
  /** Node's names of the key types that sign so. */
  readonly keyTypes: readonly string[]
  /** Node's name of the curve. */
  readonly curve?: string
  /** SPKI prefix and size of the keys that come raw. */
  readonly raw?: { readonly prefix: Buffer; readonly sizeBytes: number }
  /** A well-formed key, to tell a bad key from a missing engine. Throws when the engine is missing. */
  readonly sample: () => KeyObject
}

function ecdsa(curve: 'prime256v1' | 'secp384r1' | 'secp521r1', digest: string): Scheme {
  return {
    digest,
    options: { dsaEncoding: 'der' },
    keyTypes: ['ec'],
    curve,
    sample: () => generateKeyPairSync('ec', { namedCurve: curve }).publicKey,
  }
}

/** A 2,048-bit odd modulus of no meaning, read like any other: making an RSA key takes too long. */
const rsaSample = (): KeyObject =>
  createPublicKey({
    key: { kty: 'RSA', n: Buffer.alloc(256, 0xff).toString('base64url'), e: 'AQAB' },
    format: 'jwk',
  })

function rsaPkcs1(digest: string): Scheme {
  const options = { padding: constants.RSA_PKCS1_PADDING }
  return { digest, options, keyTypes: ['rsa'], sample: rsaSample }
}

/** Salt as long as the digest, as RFC 4055 section 3.1 recommends and all use. */
function rsaPss(digest: string): Scheme {
  const options = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  }
  return { digest, options, keyTypes: ['rsa', 'rsa-pss'], sample: rsaSample }
}

/** SPKI but for the key (RFC 8410 section 4; RFC 9881 section 4). */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex')
const mlDsa44Prefix = Buffer.from('30820532300b06096086480165030403110382052100', 'hex')

const schemes = {
  'ecdsa-p256-sha256': ecdsa('prime256v1', 'sha256'),
  'ecdsa-p384-sha384': ecdsa('secp384r1', 'sha384'),
  'ecdsa-p521-sha512': ecdsa('secp521r1', 'sha512'),
  'rsa-pkcs1-sha256': rsaPkcs1('sha256'),
  'rsa-pkcs1-sha384': rsaPkcs1('sha384'),
  'rsa-pkcs1-sha512': rsaPkcs1('sha512'),
  'rsa-pss-sha256': rsaPss('sha256'),
  ed25519: {
    digest: null,
    options: {},
    keyTypes: ['ed25519'],
    raw: { prefix: ed25519Prefix, sizeBytes: 32 },
    sample: () => generateKeyPairSync('ed25519').publicKey,
  },
  'ml-dsa-44': {
    digest: null,
    options: {},
    keyTypes: ['ml-dsa-44'],
    raw: { prefix: mlDsa44Prefix, sizeBytes: 1312 },
    sample: () => generateKeyPairSync('ml-dsa-44').publicKey,
  },
} satisfies Record<SignatureAlgorithm, Scheme>

const schemeByName = new Map<string, Scheme>(Object.entries(schemes))

/** How to check an algorithm, or undefined: at run time names come from evidence, thus from anyone. */
export function schemeOf(algorithm: string): Scheme | undefined {
  return schemeByName.get(algorithm)
}

/** Reading a key costs as much as a verification, and a journal is verified under few keys. */
const MOST_KEYS_KEPT = 64
const keysRead = new Map<string, KeyObject>()

/** The key for that scheme, or undefined when the bytes aren't one. */
export function readPublicKey(scheme: Scheme, bytes: Uint8Array): KeyObject | undefined {
  const name = `${scheme.keyTypes.join()} ${scheme.curve ?? ''} ${Buffer.from(bytes).toString('latin1')}`
  const known = keysRead.get(name)
  if (known !== undefined) return known
  const key = parsePublicKey(scheme, bytes)
  if (key === undefined) return undefined
  const [oldest] = keysRead.keys()
  if (oldest !== undefined && keysRead.size >= MOST_KEYS_KEPT) keysRead.delete(oldest)
  keysRead.set(name, key)
  return key
}

function parsePublicKey(scheme: Scheme, bytes: Uint8Array): KeyObject | undefined {
  if (scheme.raw !== undefined && bytes.length !== scheme.raw.sizeBytes) return undefined
  const der = Buffer.concat(scheme.raw === undefined ? [bytes] : [scheme.raw.prefix, bytes])
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    if (!scheme.keyTypes.includes(key.asymmetricKeyType ?? '')) return undefined
    if (key.asymmetricKeyDetails?.namedCurve !== scheme.curve) return undefined
    return isHybridPoint(scheme, der) ? undefined : key
  } catch {
    return undefined
  }
}

const coordinateBytes: Readonly<Record<string, number>> = {
  prime256v1: 32,
  secp384r1: 48,
  secp521r1: 66,
}

/** A second form of the same point, which OpenSSL reads and RFC 5480 section 2.2 forbids: one key, one form. */
function isHybridPoint({ curve = '' }: Scheme, spki: Buffer): boolean {
  const pointBytes = 2 * (coordinateBytes[curve] ?? Infinity) + 1
  return spki.length >= pointBytes && spki.at(-pointBytes) !== 0x04
}

const answering = new Map<Scheme, boolean>()

/** Whether this machine's OpenSSL can check the scheme at all; found out once, by a well-formed key. */
export function engineAnswers(scheme: Scheme): boolean {
  const known = answering.get(scheme)
  if (known !== undefined) return known
  const answers = answersToSample(scheme)
  answering.set(scheme, answers)
  return answers
}

function answersToSample(scheme: Scheme): boolean {
  try {
    const key = scheme.sample()
    verify(scheme.digest, Buffer.from('probe'), { key, ...scheme.options }, Buffer.alloc(64))
    return true
  } catch {
    return false
  }
}
