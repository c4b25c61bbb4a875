import type { EvidenceCrypto } from '@probant/evidence'
import { newPayloadKey } from '@probant/keys'
import { fileTypeFromBuffer } from 'file-type'
import type { FileHandle } from 'node:fs/promises'
import { BoxError, unacceptable } from '../errors.ts'
import type { ReceptionThreads, RemoteReception } from './reception-threads.ts'
import { joined, ReceptionWork, type Digests, type Worked } from './reception-work.ts'

/** What is looked at to recognise a format. */
const SAMPLE_BYTES = 4100
/**
 * What is handed to a thread at once, and how many such steps may be under way for one document. A document that ends before one is
 * full is digested and encrypted here: handing it over takes longer than the work (measured at 100 KiB).
 */
const STEP_BYTES = 128 * 1024
const STEPS_UNDER_WAY = 2

export interface Received extends Digests {
  readonly sizeBytes: number
  /** Recognised from the first bytes; undefined when they tell nothing. */
  readonly detectedType: string | undefined
}

/**
 * Step 1: both digests over the exact bytes in one pass, while the bytes are encrypted into the staging file. Plaintext stays in this
 * process's memory, a few steps of it at most. The file is written but not yet synced when this returns.
 * @param maxBytes of the object, of which `before` came in files before this one
 * @throws BoxError `store-failed` when the disk refuses; `bad-deposit` beyond `maxBytes`; what the stream throws.
 */
export async function receive(
  threads: ReceptionThreads,
  stream: AsyncIterable<Uint8Array>,
  staged: FileHandle,
  given: { dataKey: Uint8Array; salt: Uint8Array },
  maxBytes: number,
  before = 0,
): Promise<Received> {
  const payload = newPayloadKey(given.dataKey, given.salt)
  const bytes = new Counted(maxBytes, before)
  const writer = new InOrder(staged)
  let remote: RemoteReception | undefined
  let gathered: Uint8Array[] = []
  let gatheredBytes = 0
  const step = (isLast: boolean) => {
    remote ??= threads.begin(payload)
    const next = remote.take(joined(gathered), isLast)
    gathered = []
    gatheredBytes = 0
    return writer.write(next)
  }
  try {
    for await (const chunk of stream) {
      bytes.count(chunk)
      gathered.push(chunk)
      gatheredBytes += chunk.length
      if (gatheredBytes >= STEP_BYTES) await step(false)
    }
    if (remote !== undefined) await step(true)
    else await writer.write(new ReceptionWork(payload).take(joined(gathered), true))
    return { ...(await bytes.summary()), ...(await writer.ended()) }
  } finally {
    remote?.discard()
    await writer.quiet()
  }
}

/** The digests alone, for an upload that repeats one already kept. */
export async function digest(
  crypto: EvidenceCrypto,
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  before = 0,
): Promise<Received> {
  const sha256 = crypto.incremental('sha256')
  const sha3 = crypto.incremental('sha3-256')
  const bytes = new Counted(maxBytes, before)
  for await (const chunk of stream) {
    bytes.count(chunk)
    sha256.update(chunk)
    sha3.update(chunk)
  }
  return { ...(await bytes.summary()), sha256: sha256.digest(), sha3: sha3.digest() }
}

/** How many bytes came, and what they are recognised by. */
class Counted {
  readonly #most: number
  readonly #before: number
  readonly #sample: Uint8Array[] = []
  #sizeBytes = 0

  constructor(most: number, before: number) {
    this.#most = most
    this.#before = before
  }

  /** @throws BoxError `bad-deposit` */
  count(chunk: Uint8Array): void {
    if (this.#sizeBytes < SAMPLE_BYTES)
      this.#sample.push(chunk.slice(0, SAMPLE_BYTES - this.#sizeBytes))
    this.#sizeBytes += chunk.length
    if (this.#before + this.#sizeBytes > this.#most)
      throw unacceptable(
        `Un dépôt peut avoir ${this.#most} octets au plus, tous fichiers ensemble.`,
        `A deposit may have ${this.#most} bytes at most, all files together.`,
      )
  }

  async summary() {
    const detected = await fileTypeFromBuffer(Buffer.concat(this.#sample))
    return { sizeBytes: this.#sizeBytes, detectedType: detected?.mime }
  }
}

/** Writes behind the caller's back, one write at a time, so that the next bytes are worked on while the disk works. */
class InOrder {
  readonly #file: FileHandle
  readonly #underWay: Promise<void>[] = []
  #last: Promise<void> = Promise.resolve()
  #digests: Digests | undefined

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** Waits until there is room for another step. @throws BoxError `store-failed`: this step's or an earlier one's */
  async write(step: Worked | Promise<Worked>): Promise<void> {
    this.#last = this.#after(this.#last, step)
    this.#last.catch(() => undefined)
    this.#underWay.push(this.#last)
    if (this.#underWay.length > STEPS_UNDER_WAY) await this.#underWay.shift()
  }

  /** @throws BoxError `store-failed` */
  async ended(): Promise<Digests> {
    await this.#last
    if (this.#digests === undefined) throw new Error('the last step gave no digests')
    return this.#digests
  }

  /** Waits for the write under way, whatever its outcome. */
  async quiet(): Promise<void> {
    await this.#last.catch(() => undefined)
  }

  async #after(before: Promise<void>, step: Worked | Promise<Worked>): Promise<void> {
    // both are waited for, so that neither fails unheard
    const [worked] = await Promise.all([step, before])
    try {
      await writeAll(this.#file, worked.pieces)
    } catch (error) {
      throw new BoxError('store-failed', 'retryable', 'the file could not be written', {
        cause: error,
      })
    }
    this.#digests = worked.digests
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
