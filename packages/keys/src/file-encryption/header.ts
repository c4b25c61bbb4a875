import { createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { expand, extract } from '../derivation.ts'
import { EncryptedFileError, KeyError } from '../errors.ts'

/** Bytes of plaintext in every chunk but the last (docs/formats.md section 11). */
export const CHUNK_BYTES = 65_536
/** The authentication tag that ends each stored chunk. */
export const TAG_BYTES = 16
/** A stored chunk that isn't the last. */
export const STORED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
export const HEADER_BYTES = 80

const SALT_AT = 16
const COMMITMENT_AT = 48
const payloadInfo = Buffer.from('probant/file/v1/payload', 'ascii')
const commitmentInfo = Buffer.from('probant/file/v1/commitment', 'ascii')
const magic = Buffer.from('PBNTFILE', 'ascii')
/** Format 1, algorithm 1 (AES-256-GCM, HKDF-SHA-256), 2^16 bytes a chunk, five zeros. */
const parameters = Buffer.from([1, 1, 16, 0, 0, 0, 0, 0])

/** What encrypts and opens one file's chunks. It can be given to another thread. */
export interface PayloadKey {
  readonly header: Uint8Array
  /** A key object, from which a cipher is made ten times faster than from bytes. */
  readonly key: KeyObject
}

/**
 * The header and payload key of a new file.
 * @param dataKey 32 bytes, of this object alone
 * @param salt 32 fresh random bytes: a key and salt used twice would repeat nonces
 * @throws KeyError `wrong-size`
 */
export function newPayloadKey(dataKey: Uint8Array, salt: Uint8Array): PayloadKey {
  if (salt.length !== 32) throw new KeyError('wrong-size', 'the salt of a file has 32 bytes')
  const { key, commitment } = derive(dataKey, salt)
  return { header: Buffer.concat([magic, parameters, salt, commitment]), key }
}

/**
 * The payload key of a stored file, given out only when the header commits to this data key: without that, one
 * ciphertext could be made to open under two keys.
 * @throws EncryptedFileError `truncated`, `unknown-format`, `wrong-key`
 */
export function openHeader(header: Uint8Array, dataKey: Uint8Array): PayloadKey {
  if (header.length < HEADER_BYTES) {
    throw new EncryptedFileError('truncated', 'the file ends within its header')
  }
  const own = Buffer.from(header.subarray(0, HEADER_BYTES))
  if (!own.subarray(0, SALT_AT).equals(Buffer.concat([magic, parameters]))) {
    throw new EncryptedFileError('unknown-format', 'not an encrypted file of format 1')
  }
  const { key, commitment } = derive(dataKey, own.subarray(SALT_AT, COMMITMENT_AT))
  if (!timingSafeEqual(commitment, own.subarray(COMMITMENT_AT))) {
    throw new EncryptedFileError('wrong-key', 'the header commits to another data key or salt')
  }
  return { header: own, key }
}

function derive(dataKey: Uint8Array, salt: Uint8Array): { key: KeyObject; commitment: Buffer } {
  if (dataKey.length !== 32) throw new KeyError('wrong-size', 'a data key has 32 bytes')
  const extracted = extract(dataKey, salt)
  const payload = expand(extracted, payloadInfo, 32)
  const commitment = expand(extracted, commitmentInfo, 32)
  const key = createSecretKey(payload)
  payload.fill(0)
  extracted.fill(0)
  return { key, commitment }
}

/** Bytes that a plaintext of `plaintextBytes` takes when stored. */
export function storedBytes(plaintextBytes: number): number {
  return HEADER_BYTES + plaintextBytes + chunkCount(plaintextBytes) * TAG_BYTES
}

/** The plaintext of a whole stored file of this size; undefined where no plaintext has it. */
export function plaintextBytes(stored: number): number | undefined {
  const chunks = Math.ceil((stored - HEADER_BYTES) / STORED_CHUNK_BYTES)
  const plaintext = stored - HEADER_BYTES - chunks * TAG_BYTES
  return plaintext >= 0 && storedBytes(plaintext) === stored ? plaintext : undefined
}

/** Chunks of a plaintext: at least one, which is empty only for an empty file. */
export function chunkCount(plaintextBytes: number): number {
  return Math.max(1, Math.ceil(plaintextBytes / CHUNK_BYTES))
}
