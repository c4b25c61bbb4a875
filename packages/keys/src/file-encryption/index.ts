export { FileDecryptor } from './decryptor.ts'
export { FileEncryptor } from './encryptor.ts'
export { fileKey, uploadPartKey } from './file-key.ts'
export {
  CHUNK_BYTES,
  HEADER_BYTES,
  chunkCount,
  newPayloadKey,
  plaintextBytes,
  storedBytes,
  type PayloadKey,
} from './header.ts'
export { decryptRange, type StoredFile } from './range.ts'
export { decryptStream, encryptStream } from './streams.ts'
