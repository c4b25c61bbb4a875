import { EncryptedFileError, KeyError } from '../errors.ts'
import { decryptChunk } from './chunk.ts'
import {
  CHUNK_BYTES,
  chunkCount,
  HEADER_BYTES,
  openHeader,
  STORED_CHUNK_BYTES,
  storedBytes,
} from './header.ts'

/** A stored file as a range read sees it. */
export interface StoredFile {
  /** Size on disk. */
  readonly storedBytes: number
  /** Size of the plaintext as recorded beside the file, so that a shortened file is refused whatever the range. */
  readonly plaintextBytes: number
  /** Exactly `length` bytes from `offset`, or fewer at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/**
 * The plaintext bytes `start` … `end − 1`, chunk by chunk, reading and decrypting only the chunks that hold them. Nothing
 * unauthenticated is released.
 * @throws KeyError `wrong-size` unless 0 ≤ start ≤ end ≤ plaintextBytes; EncryptedFileError, `truncated` or `extended`
 *   when the size on disk doesn't fit the plaintext's
 */
export async function* decryptRange(
  file: StoredFile,
  dataKey: Uint8Array,
  start: number,
  end: number,
): AsyncGenerator<Buffer, void, undefined> {
  checkRange(file, start, end)
  const payload = openHeader(await file.read(0, HEADER_BYTES), dataKey)
  const lastChunk = chunkCount(file.plaintextBytes) - 1
  for (let index = Math.floor(start / CHUNK_BYTES); index * CHUNK_BYTES < end; index++) {
    const offset = HEADER_BYTES + index * STORED_CHUNK_BYTES
    const length = Math.min(STORED_CHUNK_BYTES, file.storedBytes - offset)
    const stored = await file.read(offset, length)
    if (stored.length !== length) {
      throw new EncryptedFileError('truncated', `chunk ${index} couldn't be read whole`, index)
    }
    const plaintext = decryptChunk(payload, index, index === lastChunk, stored)
    const first = index * CHUNK_BYTES
    yield plaintext.subarray(Math.max(0, start - first), Math.min(CHUNK_BYTES, end - first))
  }
}

function checkRange(file: StoredFile, start: number, end: number): void {
  const integers = Number.isSafeInteger(start) && Number.isSafeInteger(end)
  if (!integers || start < 0 || end < start || end > file.plaintextBytes) {
    throw new KeyError('wrong-size', `no range ${start}–${end} in ${file.plaintextBytes} bytes`)
  }
  const expected = storedBytes(file.plaintextBytes)
  if (file.storedBytes !== expected) {
    throw new EncryptedFileError(
      file.storedBytes < expected ? 'truncated' : 'extended',
      `${file.storedBytes} bytes are stored where ${expected} are expected`,
    )
  }
}
