import { hash } from 'node:crypto'
import { concat, equalBytes, lengthPrefixed, utf8 } from '@probant/evidence'
import { KeyError } from '../errors.ts'
import { KEM_NAME, ML_KEM_PUBLIC_BYTES, X25519_BYTES, type PublicKeys } from './hybrid-kem.ts'

const HEAD = concat(utf8('PBNTRPUB'), Uint8Array.of(1), lengthPrefixed(utf8(KEM_NAME)))

/** To whom vault keys are enclosed for recovery (docs/formats.md section 17). */
export interface RecoveryPublicKey extends PublicKeys {
  readonly bytes: Uint8Array
  /** SHA-256 of `bytes`. */
  readonly id: Uint8Array
}

export function recoveryPublicKey(keys: PublicKeys): RecoveryPublicKey {
  const bytes = concat(HEAD, keys.x25519, keys.mlKem)
  return { ...keys, bytes, id: hash('sha256', bytes, 'buffer') }
}

/** @throws KeyError `unreadable-key` for bytes that aren't one of format 1 */
export function parseRecoveryPublicKey(bytes: Uint8Array): RecoveryPublicKey {
  const mlKemAt = HEAD.length + X25519_BYTES
  const isOne =
    bytes.length === mlKemAt + ML_KEM_PUBLIC_BYTES &&
    equalBytes(bytes.subarray(0, HEAD.length), HEAD)
  if (!isOne) throw new KeyError('unreadable-key', 'not a recovery public key of format 1')
  return recoveryPublicKey({
    x25519: bytes.slice(HEAD.length, mlKemAt),
    mlKem: bytes.slice(mlKemAt),
  })
}
