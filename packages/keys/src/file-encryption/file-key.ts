import { derived } from '../derivation.ts'

const NO_SALT = new Uint8Array(0)

/**
 * The key of one file of an object (docs/formats.md section 11): the object's data key for the first, a key derived from it for each
 * other, so that two files of one object can't take each other's place. In memory of its own, which the caller wipes.
 *
 * @param number counts from 1
 */
export function fileKey(dataKey: Uint8Array, number: number): Uint8Array {
  if (number === 1) return Uint8Array.from(dataKey)
  return derived(dataKey, NO_SALT, Buffer.from(`probant/file/v1/file/${number}`, 'ascii'), 32)
}

/**
 * The key of one file of an upload that is under way (docs/formats.md section 11a), so that none can take another's place. The caller
 * wipes it.
 *
 * @param uploadsKey 32 bytes, the box's own
 * @param part a piece's number, or `record`
 */
export function uploadPartKey(uploadsKey: Uint8Array, upload: string, part: string): Uint8Array {
  const info = Buffer.from(`probant/upload/v1/${upload}/${part}`, 'ascii')
  return derived(uploadsKey, NO_SALT, info, 32)
}
