import { createCipheriv, createDecipheriv } from 'node:crypto'
import { EncryptedFileError } from '../errors.ts'
import { TAG_BYTES, type PayloadKey } from './header.ts'

/** 11-byte big-endian index ‖ 1 for the last chunk, else 0: moving or cutting chunks changes the nonce. */
function nonce(index: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUIntBE(index, 5, 6)
  bytes[11] = last ? 1 : 0
  return bytes
}

/** Ciphertext ‖ tag, as two pieces so that the ciphertext isn't copied. */
export function encryptChunk(
  { header, key }: PayloadKey,
  index: number,
  last: boolean,
  plaintext: Uint8Array,
): [ciphertext: Buffer, tag: Buffer] {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(index, last))
  cipher.setAAD(header)
  const ciphertext = cipher.update(plaintext)
  // GCM is a stream cipher: final() only computes the tag
  cipher.final()
  return [ciphertext, cipher.getAuthTag()]
}

/**
 * The plaintext of a stored chunk, once authenticated.
 * @throws EncryptedFileError naming what the failure shows: `truncated` when the chunk is whole but isn't the last of
 *   its file, `extended` when it is the last and more follows, else `altered`
 */
export function decryptChunk(
  payload: PayloadKey,
  index: number,
  last: boolean,
  stored: Uint8Array,
): Buffer {
  if (stored.length < TAG_BYTES) {
    throw new EncryptedFileError('truncated', `chunk ${index} ends within its tag`, index)
  }
  const plaintext = tryChunk(payload, index, last, stored)
  if (plaintext !== undefined) {
    if (last && index > 0 && plaintext.length === 0) {
      throw new EncryptedFileError('altered', `chunk ${index} is empty`, index)
    }
    return plaintext
  }
  if (tryChunk(payload, index, !last, stored) === undefined) {
    throw new EncryptedFileError('altered', `chunk ${index} isn't what was stored`, index)
  }
  throw last
    ? new EncryptedFileError('truncated', `the file ends after chunk ${index}`, index + 1)
    : new EncryptedFileError('extended', `bytes follow the last chunk, ${index}`, index + 1)
}

function tryChunk(
  { header, key }: PayloadKey,
  index: number,
  last: boolean,
  stored: Uint8Array,
): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(index, last))
  decipher.setAAD(header)
  decipher.setAuthTag(stored.subarray(stored.length - TAG_BYTES))
  const plaintext = decipher.update(stored.subarray(0, stored.length - TAG_BYTES))
  try {
    decipher.final()
    return plaintext
  } catch {
    return undefined
  }
}

/** The pieces as one; a single piece isn't copied. */
export function joined(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces)
}
