import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { Randomness } from '@probant/host'
import { KeyError } from './errors.ts'

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** 32 bytes, best as a key object: a cipher is made from it several times faster, and the bytes leave the heap. */
export type EnclosingKey = Uint8Array | KeyObject

/**
 * `u8 1 ‖ nonce ‖ ciphertext ‖ tag` by AES-256-GCM (docs/formats.md section 11).
 * @throws KeyError `wrong-size` unless the key has 32 bytes
 */
export function seal(
  key: EnclosingKey,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
  randomness: Randomness,
): Uint8Array {
  const nonce = randomness.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', checked(key), nonce)
  cipher.setAAD(associatedData)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([Buffer.of(VERSION), nonce, ciphertext, cipher.getAuthTag()])
}

/** @throws KeyError `wrong-size` (the key), `altered` (anything else) */
export function openSealed(
  key: EnclosingKey,
  sealed: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  const object = checked(key)
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) {
    throw new KeyError('altered', 'not enclosed bytes of version 1')
  }
  const tagAt = sealed.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', object, sealed.subarray(1, 1 + NONCE_BYTES))
  decipher.setAAD(associatedData)
  decipher.setAuthTag(sealed.subarray(tagAt))
  const plaintext = decipher.update(sealed.subarray(1 + NONCE_BYTES, tagAt))
  try {
    decipher.final()
  } catch (cause) {
    throw new KeyError('altered', 'the enclosed bytes were changed or bound to something else', {
      cause,
    })
  }
  return plaintext
}

function checked(key: EnclosingKey): KeyObject {
  const object = key instanceof Uint8Array ? createSecretKey(key) : key
  if (object.symmetricKeySize !== 32)
    throw new KeyError('wrong-size', 'an enclosing key has 32 bytes')
  return object
}
