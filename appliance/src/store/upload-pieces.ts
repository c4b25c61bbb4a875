import { syncFolder, writeDurably, type Randomness } from '@probant/host'
import {
  decryptStream,
  EncryptedFileError,
  FileEncryptor,
  newPayloadKey,
  plaintextBytes,
  uploadPartKey,
} from '@probant/keys'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { BoxError } from '../errors.ts'

/** Plaintext of one piece: what is read anew at most after the box was killed. */
const PIECE_BYTES = 64 * 1024 * 1024
/** Pieces of one upload: an upload in crumbs is refused before it fills a folder. */
const MOST_PIECES = 10_000

const RECORD = 'record'
const UNSEALED = '.part'
const PIECE = /^[1-9][0-9]{0,4}$/
const IDENTIFIER = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** How far an upload has come. */
export interface PiecesSoFar {
  readonly pieces: number
  readonly bytes: number
}

/**
 * Uploads that are under way, in `store/uploads/<id>/`: pieces `1`, `2`, … and a record, each an encrypted file (formats, section 11) under
 * a key of its own, derived from one that the box's hardware encloses. A piece is sealed where the connection breaks off or it is full;
 * of one that a killed box left unsealed, the chunks that are whole are kept. Nothing is written in clear.
 */
export class UploadPieces {
  readonly #folder: string
  readonly #key: () => Promise<Uint8Array>
  readonly #randomness: Randomness

  /** @param key the box's key for uploads, opened once */
  constructor(home: string, key: () => Promise<Uint8Array>, randomness: Randomness) {
    this.#folder = join(home, 'store', 'uploads')
    this.#key = key
    this.#randomness = randomness
  }

  /** Identifiers of what is there. */
  async list(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => [])
    return names.filter((name) => IDENTIFIER.test(name))
  }

  /** @throws BoxError `store-failed` */
  async create(id: string, record: Uint8Array): Promise<void> {
    try {
      await mkdir(join(this.#folder, id), { recursive: true, mode: 0o700 })
      await this.record(id, record)
      await syncFolder(this.#folder)
    } catch (cause) {
      throw failed('an upload could not be made', cause)
    }
  }

  /** Replaces the record, durably. */
  async record(id: string, record: Uint8Array): Promise<void> {
    const encryptor = await this.#encryptor(id, RECORD)
    const stored = Buffer.concat([encryptor.header, encryptor.update(record), encryptor.final()])
    await writeDurably(join(this.#folder, id, RECORD), stored)
  }

  /** @returns undefined when there is no such upload, or none that can be read */
  async readRecord(id: string): Promise<Uint8Array | undefined> {
    if (!IDENTIFIER.test(id)) return undefined
    const read: Uint8Array[] = []
    try {
      for await (const chunk of this.#decrypted(id, RECORD, RECORD)) read.push(chunk)
    } catch (error) {
      if (error instanceof EncryptedFileError || isMissing(error)) return undefined
      throw error
    }
    return Buffer.concat(read)
  }

  /**
   * How much of an upload is there. What a killed box left unsealed is sealed first. Not while something is written to it.
   * @throws BoxError `store-failed`
   */
  async soFar(id: string): Promise<PiecesSoFar> {
    const names = await readdir(join(this.#folder, id))
    for (const name of names)
      if (name.endsWith(UNSEALED)) await this.#salvage(id, name.slice(0, -UNSEALED.length))
    let pieces = 0
    let bytes = 0
    for (;;) {
      const size = await stat(join(this.#folder, id, String(pieces + 1))).catch(() => undefined)
      if (size === undefined) return { pieces, bytes }
      pieces += 1
      bytes += plaintextBytes(size.size) ?? 0
    }
  }

  /**
   * Appends what comes, and keeps it also when the stream breaks off; what was kept is durable when this returns or throws.
   * @throws what the stream throws; BoxError `store-failed`, `bad-deposit` beyond the most pieces
   */
  async append(id: string, from: PiecesSoFar, stream: AsyncIterable<Uint8Array>): Promise<void> {
    let { pieces } = from
    let piece: OpenPiece | undefined
    try {
      for await (const bytes of stream) {
        if (piece === undefined) {
          pieces += 1
          if (pieces > MOST_PIECES) throw tooManyPieces()
          piece = await this.#begin(id, String(pieces))
        }
        await piece.write(bytes)
        if (piece.bytes < PIECE_BYTES) continue
        const full = piece
        piece = undefined
        await full.seal()
      }
    } finally {
      await piece?.seal()
    }
  }

  /** The bytes of an upload. @throws BoxError `integrity-failure` while iterating when a piece was altered */
  async *bytes(id: string, { pieces }: PiecesSoFar): AsyncGenerator<Uint8Array> {
    try {
      for (let number = 1; number <= pieces; number += 1)
        yield* this.#decrypted(id, String(number), String(number))
    } catch (error) {
      if (!(error instanceof EncryptedFileError)) throw error
      throw new BoxError('integrity-failure', 'fatal', `upload ${id} was altered`, { cause: error })
    }
  }

  /** Removes the bytes; the record stays. */
  async discardBytes(id: string): Promise<void> {
    const folder = join(this.#folder, id)
    for (const name of await readdir(folder).catch(() => []))
      if (name !== RECORD) await rm(join(folder, name), { force: true })
  }

  /** Safe to repeat. */
  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true })
  }

  async #begin(id: string, number: string): Promise<OpenPiece> {
    const path = join(this.#folder, id, number)
    try {
      const file = await open(`${path}${UNSEALED}`, 'wx', 0o600)
      return await OpenPiece.of(file, path, await this.#encryptor(id, number))
    } catch (cause) {
      throw failed('a piece could not be made', cause)
    }
  }

  /** Keeps the whole chunks of a piece that was never sealed. */
  async #salvage(id: string, number: string): Promise<void> {
    const path = join(this.#folder, id, number)
    const unsealed = `${path}${UNSEALED}`
    const anew = `${path}.anew`
    if (!PIECE.test(number)) return
    try {
      await rm(anew, { force: true })
      const piece = await OpenPiece.of(
        await open(anew, 'wx', 0o600),
        path,
        await this.#encryptor(id, number),
        anew,
      )
      try {
        for await (const chunk of this.#decrypted(id, number, `${number}${UNSEALED}`))
          await piece.write(chunk)
      } catch (error) {
        if (!(error instanceof EncryptedFileError)) throw error
      } finally {
        await piece.seal()
      }
      await rm(unsealed, { force: true })
    } catch (cause) {
      throw failed('what was left of an upload could not be kept', cause)
    }
  }

  async #encryptor(id: string, part: string): Promise<FileEncryptor> {
    const key = uploadPartKey(await this.#key(), id, part)
    try {
      return new FileEncryptor(newPayloadKey(key, this.#randomness.bytes(32)))
    } finally {
      key.fill(0)
    }
  }

  async *#decrypted(id: string, part: string, name: string): AsyncGenerator<Uint8Array> {
    const key = uploadPartKey(await this.#key(), id, part)
    const stored = createReadStream(join(this.#folder, id, name), { highWaterMark: 256 * 1024 })
    try {
      yield* decryptStream(stored as AsyncIterable<Uint8Array>, key)
    } finally {
      key.fill(0)
      stored.destroy()
    }
  }
}

/** A piece that is written to. */
class OpenPiece {
  readonly #file: FileHandle
  readonly #path: string
  readonly #unsealed: string
  readonly #encryptor: FileEncryptor

  private constructor(file: FileHandle, path: string, unsealed: string, encryptor: FileEncryptor) {
    this.#file = file
    this.#path = path
    this.#unsealed = unsealed
    this.#encryptor = encryptor
  }

  static async of(
    file: FileHandle,
    path: string,
    encryptor: FileEncryptor,
    unsealed = `${path}${UNSEALED}`,
  ): Promise<OpenPiece> {
    await file.writeFile(encryptor.header)
    return new OpenPiece(file, path, unsealed, encryptor)
  }

  /** Of plaintext. */
  get bytes(): number {
    return this.#encryptor.plaintextBytes
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (const piece of this.#encryptor.updatePieces(bytes)) await this.#file.writeFile(piece)
    } catch (cause) {
      throw failed('an upload could not be written', cause)
    }
  }

  /** Ends it: from then on it counts. A piece without a byte is dropped. */
  async seal(): Promise<void> {
    try {
      const { bytes } = this
      await this.#file.writeFile(this.#encryptor.final())
      await this.#file.sync()
      await this.#file.close()
      if (bytes === 0) await rm(this.#unsealed, { force: true })
      else await rename(this.#unsealed, this.#path)
      await syncFolder(join(this.#path, '..'))
    } catch (cause) {
      this.#encryptor.discard()
      await this.#file.close().catch(() => undefined)
      throw failed('an upload could not be written', cause)
    }
  }
}

const isMissing = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

const failed = (what: string, cause: unknown) =>
  cause instanceof BoxError ? cause : new BoxError('store-failed', 'retryable', what, { cause })

const tooManyPieces = () =>
  new BoxError('bad-deposit', 'caller', 'too many pieces', {
    words: {
      fr: `Un envoi peut avoir ${MOST_PIECES} morceaux au plus : envoyez-en de plus grands.`,
      en: `An upload may have ${MOST_PIECES} pieces at most: send larger ones.`,
    },
  })
