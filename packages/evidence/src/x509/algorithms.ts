import { BaseBlock, ObjectIdentifier } from 'asn1js'
import { RSAPublicKey, type AlgorithmIdentifier, type PublicKeyInfo } from 'pkijs'
import { toHex } from '../bytes.ts'
import type { HashName, SignatureAlgorithm } from '../crypto.ts'
import { present } from '../present.ts'

const hashNames: ReadonlyMap<string, HashName> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.8', 'sha3-256'],
  ['2.16.840.1.101.3.4.2.10', 'sha3-512'],
])

const rsaEncryption = '1.2.840.113549.1.1.1'
const rsaPss = '1.2.840.113549.1.1.10'
const ecPublicKey = '1.2.840.10045.2.1'
const ed25519 = '1.3.101.112'

/** Below, anybody may be able to sign (NIST SP 800-131A section 3). */
const LEAST_RSA_BITS = 2048

const rsaWith: ReadonlyMap<string, HashName> = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
])
const ecdsaWith: ReadonlyMap<string, HashName> = new Map([
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
])
const curves: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10045.3.1.7', 'p256'],
  ['1.3.132.0.34', 'p384'],
  ['1.3.132.0.35', 'p521'],
])

const known: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['rsa-sha256', 'rsa-pkcs1-sha256'],
  ['rsa-sha384', 'rsa-pkcs1-sha384'],
  ['rsa-sha512', 'rsa-pkcs1-sha512'],
  ['p256-sha256', 'ecdsa-p256-sha256'],
  ['p384-sha384', 'ecdsa-p384-sha384'],
  ['p521-sha512', 'ecdsa-p521-sha512'],
])

/** The digest of an OID; undefined for one that is not trusted here (SHA-1) or not known. */
export function hashNameOf(oid: string): HashName | undefined {
  return hashNames.get(oid)
}

/** The OID of a digest. */
export function oidOfHash(name: HashName): string {
  const [oid] = present([...hashNames].find(([, each]) => each === name))
  return oid
}

/**
 * How to check a signature of this algorithm by this key; undefined when we can't (which is "can't tell").
 *
 * @param digest the digest named beside it, for the CMS algorithms that name none (`rsaEncryption`)
 */
export function signatureAlgorithmOf(
  algorithm: AlgorithmIdentifier,
  key: PublicKeyInfo,
  digest?: HashName,
): SignatureAlgorithm | undefined {
  const oid = algorithm.algorithmId
  const keyOid = key.algorithm.algorithmId
  if (keyOid === ed25519) return oid === ed25519 ? 'ed25519' : undefined
  if (keyOid === rsaEncryption) {
    if (rsaBits(key) < LEAST_RSA_BITS) return undefined
    if (oid === rsaPss) return pssOf(algorithm)
    const hash = oid === rsaEncryption ? digest : rsaWith.get(oid)
    return known.get(`rsa-${hash ?? ''}`)
  }
  if (keyOid === ecPublicKey) {
    const hash = oid === ecPublicKey ? digest : ecdsaWith.get(oid)
    return known.get(`${curveOf(key)}-${hash ?? ''}`)
  }
  return undefined
}

// RFC 4055 parameters: SHA-256, MGF1 with SHA-256, a salt of 32 bytes; with and without NULL parameters.
const pssSha256 = [
  '3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
  '3030a00d300b0609608648016503040201a11a301806092a864886f70d010108300b0609608648016503040201a203020120',
]

/** PSS only with SHA-256 throughout and a salt of its length. */
function pssOf(algorithm: AlgorithmIdentifier): SignatureAlgorithm | undefined {
  const parameters: unknown = algorithm.algorithmParams
  if (!(parameters instanceof BaseBlock)) return undefined
  const der = toHex(new Uint8Array(parameters.toBER(false)))
  return pssSha256.includes(der) ? 'rsa-pss-sha256' : undefined
}

function rsaBits({ parsedKey }: PublicKeyInfo): number {
  if (!(parsedKey instanceof RSAPublicKey)) return 0
  const digits = toHex(new Uint8Array(parsedKey.modulus.valueBlock.valueHexView)).replace(/^0+/, '')
  const [first = '0'] = digits
  return 4 * digits.length - Math.clz32(Number.parseInt(first, 16)) + 28
}

function curveOf(key: PublicKeyInfo): string {
  const parameters: unknown = key.algorithm.algorithmParams
  if (!(parameters instanceof ObjectIdentifier)) return 'explicit'
  return curves.get(parameters.valueBlock.toString()) ?? 'unknown'
}
