import type { EvidenceCrypto } from '@probant/evidence'
import { FileEncryptor } from '@probant/keys'
import { fileTypeFromBuffer } from 'file-type'
import type { FileHandle } from 'node:fs/promises'
import { BoxError, unacceptable } from '../errors.ts'

/** What is looked at to recognise a format. */
const SAMPLE_BYTES = 4100

export interface Received {
  readonly sizeBytes: number
  readonly sha256: Uint8Array
  readonly sha3: Uint8Array
  /** Recognised from the first bytes; undefined when they tell nothing. */
  readonly detectedType: string | undefined
}

/**
 * Step 1: both digests over the exact bytes in one pass, while the bytes are encrypted into the staging file. Plaintext stays in this
 * process's memory, two chunks of it at most. The file is written but not yet synced when this returns.
 * @throws BoxError `store-failed` when the disk refuses; `bad-deposit` beyond `maxBytes`; what the stream throws.
 */
export async function receive(
  crypto: EvidenceCrypto,
  stream: AsyncIterable<Uint8Array>,
  staged: FileHandle,
  encryption: { dataKey: Uint8Array; salt: Uint8Array },
  maxBytes: number,
): Promise<Received> {
  const encryptor = new FileEncryptor(encryption.dataKey, encryption.salt)
  const writer = new InOrder(staged)
  try {
    writer.write([encryptor.header])
    const received = await digest(crypto, stream, maxBytes, async (chunk) => {
      await writer.settled()
      writer.write(encryptor.updatePieces(chunk))
    })
    await writer.settled()
    writer.write([encryptor.final()])
    await writer.settled()
    return received
  } finally {
    encryptor.discard()
    await writer.quiet()
  }
}

/** The digests alone, for an upload that repeats one already kept. */
export async function digest(
  crypto: EvidenceCrypto,
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  consume: (chunk: Uint8Array) => Promise<void> = () => Promise.resolve(),
): Promise<Received> {
  const sha256 = crypto.incremental('sha256')
  const sha3 = crypto.incremental('sha3-256')
  const sample: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of stream) {
    if (sizeBytes < SAMPLE_BYTES) sample.push(chunk.slice(0, SAMPLE_BYTES - sizeBytes))
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes)
      throw unacceptable(
        `Un fichier peut avoir ${maxBytes} octets au plus.`,
        `A file may have ${maxBytes} bytes at most.`,
      )
    await consume(chunk)
    sha256.update(chunk)
    sha3.update(chunk)
  }
  const detected = await fileTypeFromBuffer(Buffer.concat(sample))
  return { sizeBytes, sha256: sha256.digest(), sha3: sha3.digest(), detectedType: detected?.mime }
}

/** Writes behind the caller's back, one write at a time, so that hashing goes on while the disk works. */
class InOrder {
  readonly #file: FileHandle
  #writing: Promise<void> = Promise.resolve()

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** Starts a write; the one before must have settled. */
  write(pieces: readonly Uint8Array[]): void {
    if (pieces.length === 0) return
    this.#writing = this.#writing.then(() => writeAll(this.#file, pieces))
    this.#writing.catch(() => undefined)
  }

  async settled(): Promise<void> {
    try {
      await this.#writing
    } catch (error) {
      throw new BoxError('store-failed', 'retryable', 'the file could not be written', {
        cause: error,
      })
    }
  }

  /** Waits for the write under way, whatever its outcome. */
  async quiet(): Promise<void> {
    await this.#writing.catch(() => undefined)
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const { bytesWritten } = await file.writev(pieces)
  if (bytesWritten === total) return
  // A short write: the disk took a part. Write the rest the slow way; a full disk then says so.
  const rest = Buffer.concat(pieces).subarray(bytesWritten)
  for (let done = 0; done < rest.length;)
    done += (await file.write(rest, done, rest.length - done)).bytesWritten
}
