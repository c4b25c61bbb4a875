import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { concat, equalBytes, lengthPrefixed, toHex, utf8 } from '@probant/evidence'
import { derived } from '../derivation.ts'
import type { VaultPlace } from '../enclosed-keys.ts'
import type { EpochPlace } from '../epoch-keys.ts'
import { KeyError } from '../errors.ts'
import {
  decapsulateWith,
  encapsulateTo,
  KEM_NAME,
  ML_KEM_CIPHERTEXT_BYTES,
  X25519_BYTES,
  type PrivateKeys,
} from './hybrid-kem.ts'
import type { RecoveryPublicKey } from './public-key.ts'

const KEY_BYTES = 32
const TAG_BYTES = 16
const ID_BYTES = 32
const purpose = utf8('probant/recovery-copy/v1')
const epochPurpose = utf8('probant/epoch-copy/v1')
const HEAD = concat(
  utf8('PBNTRCPY'),
  Uint8Array.of(1),
  lengthPrefixed(utf8(`${KEM_NAME}, hkdf-sha256, aes-256-gcm`)),
)
const EPHEMERAL_AT = HEAD.length + ID_BYTES
const CIPHERTEXT_AT = EPHEMERAL_AT + X25519_BYTES
const ENCRYPTED_AT = CIPHERTEXT_AT + ML_KEM_CIPHERTEXT_BYTES
const SIZE = ENCRYPTED_AT + KEY_BYTES + TAG_BYTES
/** Each encrypting key is used once. */
const NONCE = new Uint8Array(12)

/** What a copy holds: an epoch's key or, on boxes from before there were epochs, a vault's. */
export type CopyPlace = EpochPlace | VaultPlace

/**
 * A key enclosed to the recovery key (docs/formats.md section 17): only the holders together open it, and only for that box and epoch,
 * or vault.
 * @param enclosed 32 bytes
 * @throws KeyError `wrong-size`
 */
export function encloseForRecovery(
  to: RecoveryPublicKey,
  enclosed: Uint8Array,
  place: CopyPlace,
): Uint8Array {
  if (enclosed.length !== KEY_BYTES) throw new KeyError('wrong-size', 'the key has not 32 bytes')
  const { ephemeral, ciphertext, shared } = encapsulateTo(to)
  const sent = concat(HEAD, to.id, ephemeral, ciphertext)
  const key = encryptingKey(shared, sent)
  const cipher = createCipheriv('aes-256-gcm', key, NONCE)
  cipher.setAAD(placeData(place))
  const encrypted = concat(cipher.update(enclosed), cipher.final(), cipher.getAuthTag())
  key.fill(0)
  return concat(sent, encrypted)
}

/** Id of the recovery key that a copy was made for. @throws KeyError `altered` for bytes that aren't a copy of format 1 */
export function recoveryKeyIdOf(copy: Uint8Array): Uint8Array {
  if (copy.length !== SIZE || !equalBytes(copy.subarray(0, HEAD.length), HEAD))
    throw new KeyError('altered', 'not a recovery copy of format 1')
  return copy.slice(HEAD.length, EPHEMERAL_AT)
}

/** @throws KeyError `wrong-key` when it was made for another recovery key; `altered` when changed or of another place */
export function openRecoveryCopy(
  keys: PrivateKeys,
  id: Uint8Array,
  copy: Uint8Array,
  place: CopyPlace,
): Uint8Array {
  const madeFor = recoveryKeyIdOf(copy)
  if (!equalBytes(madeFor, id))
    throw new KeyError('wrong-key', `the copy was made for the recovery key ${toHex(madeFor)}`)
  try {
    const shared = decapsulateWith(keys, {
      ephemeral: copy.subarray(EPHEMERAL_AT, CIPHERTEXT_AT),
      ciphertext: copy.subarray(CIPHERTEXT_AT, ENCRYPTED_AT),
    })
    const key = encryptingKey(shared, copy.subarray(0, ENCRYPTED_AT))
    const decipher = createDecipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_BYTES })
    key.fill(0)
    decipher.setAAD(placeData(place))
    decipher.setAuthTag(copy.subarray(-TAG_BYTES))
    return concat(decipher.update(copy.subarray(ENCRYPTED_AT, -TAG_BYTES)), decipher.final())
  } catch (cause) {
    throw new KeyError('altered', 'the recovery copy was changed or belongs to another vault', {
      cause,
    })
  }
}

/** Depends on everything that is sent: neither half of the pair can be exchanged alone. Wipes `shared`. */
function encryptingKey(shared: Uint8Array, sent: Uint8Array): Uint8Array {
  const info = concat(lengthPrefixed(purpose), hash('sha256', sent, 'buffer'))
  const key = derived(shared, new Uint8Array(0), info, 32)
  shared.fill(0)
  return key
}

function placeData(place: CopyPlace): Uint8Array {
  const fields =
    'epoch' in place
      ? [epochPurpose, utf8(place.boxId), utf8(String(place.epoch))]
      : [purpose, utf8(place.boxId), utf8(place.vault)]
  return concat(...fields.map((field) => lengthPrefixed(field)))
}
