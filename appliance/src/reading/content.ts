import { equalBytes, type EvidenceCrypto } from '@probant/evidence'
import type { Pace } from '@probant/host'
import { EncryptedFileError, KeyError, decryptRange, decryptStream, fileKey } from '@probant/keys'
import type { FileHandle } from 'node:fs/promises'
import { BoxError } from '../errors.ts'
import type { VaultCipher } from '../store/cipher.ts'
import type { ObjectFiles } from '../store/files.ts'
import type { StoredObject } from '../store/objects.ts'
import { filesOf, type ObjectFile } from './files.ts'

/** Files up to this size are checked whole before their first byte is released. */
export const CHECKED_FIRST_BYTES = 8 * 1024 * 1024

const altered = (id: string, cause?: unknown) =>
  new BoxError('integrity-failure', 'fatal', `the stored file of object ${id} was altered`, {
    cause,
  })

/** What reading a stored file can say about it: changed by someone, or simply not readable now. */
function judged(id: string, error: unknown): unknown {
  const isAlteration =
    error instanceof EncryptedFileError ||
    (error instanceof KeyError && error.code === 'altered') ||
    isMissing(error)
  return isAlteration ? altered(id, error) : error
}

/** Gone, or another kind of thing: a folder where a file was, or the other way round. */
const isMissing = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR')

/**
 * The exact bytes of one of an object's files, decrypted as they stream, both digests recomputed; the last chunk is only released once they match.
 * @throws BoxError `integrity-failure` while iterating: what was released before must be discarded by the reader
 */
export async function* content(
  crypto: EvidenceCrypto,
  files: ObjectFiles,
  cipher: VaultCipher,
  object: StoredObject,
  { number, ...expected }: ObjectFile,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openStored(files, object, number)
  let key: Uint8Array | undefined
  try {
    const sha256 = crypto.incremental('sha256')
    const sha3 = crypto.incremental('sha3-256')
    key = keyOf(cipher, object, number)
    let held: Uint8Array | undefined
    const stored = file.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 })
    for await (const chunk of decryptStream(bytesOf(stored), key)) {
      sha256.update(chunk)
      sha3.update(chunk)
      if (held !== undefined) yield held
      held = chunk
    }
    if (!equalBytes(sha256.digest(), expected.sha256) || !equalBytes(sha3.digest(), expected.sha3))
      throw altered(object.id)
    if (held !== undefined) yield held
  } catch (error) {
    throw judged(object.id, error)
  } finally {
    key?.fill(0)
    await file.close()
  }
}

async function* bytesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk
}

/** Bytes `start` … `end` − 1; each chunk is authenticated before it is released, the whole digest is not recomputed. */
export async function* contentRange(
  files: ObjectFiles,
  cipher: VaultCipher,
  object: StoredObject,
  { number, sizeBytes }: ObjectFile,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openStored(files, object, number)
  let key: Uint8Array | undefined
  try {
    const { size } = await file.stat()
    key = keyOf(cipher, object, number)
    yield* decryptRange(
      {
        storedBytes: size,
        plaintextBytes: sizeBytes,
        read: async (offset, length) => {
          const buffer = Buffer.alloc(length)
          const { bytesRead } = await file.read(buffer, 0, length, offset)
          return buffer.subarray(0, bytesRead)
        },
      },
      key,
      start,
      end,
    )
  } catch (error) {
    throw judged(object.id, error)
  } finally {
    key?.fill(0)
    await file.close()
  }
}

/** The key of one of its files, which the caller wipes. @throws KeyError `altered` */
function keyOf(cipher: VaultCipher, { id, dataKeyEnclosed }: StoredObject, number: number) {
  const dataKey = cipher.openDataKey(id, dataKeyEnclosed)
  try {
    return fileKey(dataKey, number)
  } finally {
    dataKey.fill(0)
  }
}

async function openStored(
  files: ObjectFiles,
  object: StoredObject,
  number: number,
): Promise<FileHandle> {
  try {
    return await files.read(object.id, object.files === 1 ? undefined : number)
  } catch (error) {
    throw judged(object.id, error)
  }
}

/**
 * Recomputes both digests of each of an object's files from what is stored.
 * @param pace how fast it may be read
 * @returns whether they are those of the deposit; false too when a file is gone
 */
export async function isIntact(
  crypto: EvidenceCrypto,
  files: ObjectFiles,
  cipher: VaultCipher,
  object: StoredObject,
  pace?: Pace,
): Promise<boolean> {
  try {
    for (const file of filesOf(object))
      for await (const chunk of content(crypto, files, cipher, object, file))
        await pace?.took(chunk.length)
    return true
  } catch (error) {
    if (error instanceof BoxError && error.code === 'integrity-failure') return false
    throw error
  }
}
