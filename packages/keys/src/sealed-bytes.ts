import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Randomness } from '@probant/host'
import { KeyError } from './errors.ts'

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * `u8 1 ‖ nonce ‖ ciphertext ‖ tag` by AES-256-GCM (docs/formats.md section 11).
 * @throws KeyError `wrong-size` unless the key has 32 bytes
 */
export function seal(
  key: Uint8Array,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
  randomness: Randomness,
): Uint8Array {
  checkKey(key)
  const nonce = randomness.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(associatedData)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([Buffer.of(VERSION), nonce, ciphertext, cipher.getAuthTag()])
}

/** @throws KeyError `wrong-size` (the key), `altered` (anything else) */
export function openSealed(
  key: Uint8Array,
  sealed: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  checkKey(key)
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) {
    throw new KeyError('altered', 'not enclosed bytes of version 1')
  }
  const tagAt = sealed.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES))
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

function checkKey(key: Uint8Array): void {
  if (key.length !== 32) throw new KeyError('wrong-size', 'an enclosing key has 32 bytes')
}
