import { FileDecryptor } from './decryptor.ts'
import { FileEncryptor } from './encryptor.ts'
import { newPayloadKey } from './header.ts'

/** The stored form of a plaintext stream, header included. See newPayloadKey for key and salt. */
export async function* encryptStream(
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  dataKey: Uint8Array,
  salt: Uint8Array,
): AsyncGenerator<Buffer, void, undefined> {
  const encryptor = new FileEncryptor(newPayloadKey(dataKey, salt))
  try {
    yield encryptor.header
    for await (const bytes of plaintext) yield* encryptor.updatePieces(bytes)
    yield encryptor.final()
  } finally {
    encryptor.discard()
  }
}

/**
 * The plaintext of a stored stream; ends normally only when the file is whole.
 * @throws EncryptedFileError while iterating
 */
export async function* decryptStream(
  stored: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  dataKey: Uint8Array,
): AsyncGenerator<Buffer, void, undefined> {
  const decryptor = new FileDecryptor(dataKey)
  try {
    for await (const bytes of stored) yield* decryptor.updatePieces(bytes)
    const last = decryptor.final()
    if (last.length > 0) yield last
  } finally {
    decryptor.discard()
  }
}
