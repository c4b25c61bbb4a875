import { concat, equalBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from './bytes.ts'
import type { Hashing } from './crypto.ts'
import { EvidenceError } from './errors.ts'

/**
 * Signature types of C2SP signed-note that this project writes: 1 Ed25519 over the text, 2 ECDSA P-256 over the
 * text, 4 Ed25519 cosignature, 6 ML-DSA-44 cosignature.
 */
export type KeyType = 1 | 2 | 4 | 6

/** A public key that may have signed a note. */
export interface VerifierKey {
  readonly name: string
  /** 4 bytes. With the name it says which signature lines are this key's. */
  readonly keyId: Uint8Array
  readonly type: KeyType
  /** Raw 32 bytes for types 1 and 4, raw 1312 for type 6, SPKI DER for type 2. */
  readonly publicKey: Uint8Array
}

/** Length of a key id, in bytes. */
export const keyIdBytes = 4

// SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480): all before the 64 bytes of X and Y.
const p256SpkiPrefix = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')
const p256SpkiBytes = p256SpkiPrefix.length + 64

/** Whether a name may stand in a signature line: not empty, no Unicode space, no plus, nothing below U+0020. */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^(?:(?![\p{White_Space}+])[\u0021-\u{10ffff}])+$/u.test(name)
}

/**
 * The key id that C2SP signed-note and tlog-cosignature give: SHA-256(name ‖ LF ‖ type ‖ key), for type 2
 * SHA-256(SPKI), the first 4 bytes.
 */
export function keyIdOf(
  h: Hashing,
  name: string,
  type: KeyType,
  publicKey: Uint8Array,
): Uint8Array {
  const message =
    type === 2 ? publicKey : concat(utf8(`${name}\n`), new Uint8Array([type]), publicKey)
  return h.hash('sha256', message).slice(0, keyIdBytes)
}

/**
 * A verifier key from its text form `<name>+<hex id>+<base64(type ‖ key)>`. With `h` the id is also recomputed,
 * which catches a key that was mistyped or put together from two.
 *
 * @throws EvidenceError 'malformed-vkey'; 'unsupported-algorithm' for a signature type that we don't have
 */
export function parseVkey(text: string, h?: Hashing): VerifierKey {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text)
  if (match === null) throw malformed('not of the form name+id+key')
  const [, name = '', id = '', encoded = ''] = match
  if (!isKeyName(name)) throw malformed('a key name with a space or control character')
  const material = fromBase64(encoded)
  const type = new DataView(material.buffer).getUint8(0)
  const key = { ...verifierKey(name, type, material.slice(1)), keyId: fromHex(id) }
  if (h !== undefined && !equalBytes(key.keyId, keyIdOf(h, name, key.type, key.publicKey))) {
    throw malformed('the key id is not that of the key')
  }
  return key
}

/** The text form of a public key. The key id is computed. */
export function formatVkey(name: string, type: KeyType, publicKey: Uint8Array, h: Hashing): string {
  if (!isKeyName(name)) throw malformed('a key name with a space, plus or control character')
  verifierKey(name, type, publicKey)
  const id = toHex(keyIdOf(h, name, type, publicKey))
  return `${name}+${id}+${toBase64(concat(new Uint8Array([type]), publicKey))}`
}

/** Checks the type and the shape of the key. */
function verifierKey(
  name: string,
  type: number,
  publicKey: Uint8Array,
): Omit<VerifierKey, 'keyId'> {
  switch (type) {
    case 1:
    case 4:
      if (publicKey.length !== 32) throw malformed('an Ed25519 key has 32 bytes')
      break
    case 6:
      if (publicKey.length !== 1312) throw malformed('an ML-DSA-44 key has 1312 bytes')
      break
    case 2:
      if (
        publicKey.length !== p256SpkiBytes ||
        !equalBytes(publicKey.subarray(0, p256SpkiPrefix.length), p256SpkiPrefix)
      ) {
        throw malformed('a type 2 key is the SPKI of an uncompressed P-256 point')
      }
      break
    default:
      throw new EvidenceError('unsupported-algorithm', `a verifier key of signature type ${type}`)
  }
  return { name, type, publicKey }
}

function malformed(what: string): EvidenceError {
  return new EvidenceError('malformed-vkey', `verifier key: ${what}`)
}
