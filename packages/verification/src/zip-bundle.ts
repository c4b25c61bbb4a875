import { concat, EvidenceError, type BundleSource, type CollectionSource } from '@probant/evidence'
import { BlobReader, ERR_BAD_FORMAT, ZipReader, type Entry, type FileEntry } from '@zip.js/zip.js'
import { UnusableInput } from './unusable-input.ts'

const maximumEntries = 100_000
const STORED = 0
const DEFLATED = 8
/** PKWARE APPNOTE 4.3.7, without name and extra field. */
const LOCAL_HEADER_BYTES = 30

/** A bundle in a zip file, or a collection of bundles. Close it after use. */
export interface ZipBundle extends BundleSource, CollectionSource {
  close(): Promise<void>
}

/**
 * Opens a zip as a bundle or a collection. UnusableInput for what is no zip, or one that nobody should unpack: whatever another tool could read
 * differently (PKWARE APPNOTE 4.3: data outside its entries, records that contradict each other, names twice), names that lead out of
 * it, encryption, methods other than stored and deflated. Nothing is written, and no entry gives more bytes than are stated for it.
 */
export async function openZip(file: Blob): Promise<ZipBundle> {
  try {
    return await opened(file, 'strict')
  } catch (cause) {
    // Listed all the same: which name is there twice is for the verdict to say.
    if (reasonOf(cause) === 'duplicate filename') return opened(file, 'balanced')
    throw cause instanceof UnusableInput ? cause : new UnusableInput(sentence(cause), { cause })
  }
}

async function opened(file: Blob, strictness: 'strict' | 'balanced'): Promise<ZipBundle> {
  const reader = new ZipReader(new BlobReader(file), {
    strictness,
    filenameValidation: 'strict',
    useWebWorkers: false,
  })
  try {
    const entries: FileEntry[] = []
    for await (const entry of reader.getEntriesGenerator()) {
      if (entry.directory) continue
      checkPacking(entry)
      if (entries.push(entry) > maximumEntries) throw new UnusableInput('too many entries')
    }
    return new OpenZip(file, reader, entries)
  } catch (cause) {
    await reader.close()
    throw cause
  }
}

function checkPacking({ filename, encrypted, compressionMethod }: Entry): void {
  if (encrypted || (compressionMethod !== STORED && compressionMethod !== DEFLATED))
    throw new UnusableInput(`${filename} is encrypted or packed in an unknown way`)
}

class OpenZip implements ZipBundle {
  readonly entries: BundleSource['entries']
  readonly #file: Blob
  readonly #reader: ZipReader<Blob>
  readonly #byName: ReadonlyMap<string, FileEntry>

  constructor(file: Blob, reader: ZipReader<Blob>, entries: readonly FileEntry[]) {
    this.#file = file
    this.#reader = reader
    this.#byName = new Map(entries.map((entry) => [entry.filename, entry]))
    this.entries = entries.map(({ filename, uncompressedSize }) => ({
      name: filename,
      size: uncompressedSize,
    }))
  }

  async read(name: string, limit: number): Promise<Uint8Array> {
    const size = this.#byName.get(name)?.uncompressedSize ?? 0
    if (size > limit)
      throw new EvidenceError('too-large', `${name} has ${size} bytes`, { where: name })
    const pieces: Uint8Array[] = []
    for await (const piece of this.stream(name)) pieces.push(piece)
    return concat(...pieces)
  }

  // The zip's own checksums are not looked at: the digests say more, and say it of the document.
  async *stream(name: string): AsyncIterable<Uint8Array> {
    const entry = this.#byName.get(name)
    if (entry === undefined) throw damaged(name)
    let fail: (cause: unknown) => void = () => undefined
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => {
        fail = (cause) => controller.error(cause)
      },
    })
    const unpacked = entry.getData(writable, { checkOverlappingEntry: true })
    // An entry whose own header can't be read never touches the stream, which would wait for ever.
    unpacked.catch(fail)
    const pieces = readable.getReader()
    let bytes = 0
    try {
      for (;;) {
        const { done, value } = await pieces.read()
        if (done) break
        bytes += value.length
        if (bytes > entry.uncompressedSize) throw new Error('more bytes than stated')
        yield value
      }
      await unpacked
      if (bytes !== entry.uncompressedSize) throw new Error('fewer bytes than stated')
    } catch (cause) {
      throw damaged(name, cause)
    } finally {
      await pieces.cancel().catch(() => undefined)
    }
  }

  async open(name: string): Promise<ZipBundle> {
    const entry = this.#byName.get(name)
    if (entry === undefined) throw damaged(name)
    try {
      return await openZip(await this.#inPlace(entry))
    } catch (cause) {
      throw cause instanceof UnusableInput ? damaged(name, cause) : cause
    }
  }

  /** The bytes of a stored entry where they lie. What stands before them was compared with the directory when the zip was opened or is read. */
  async #inPlace({ filename, offset, compressionMethod, ...sizes }: FileEntry): Promise<Blob> {
    const size = sizes.uncompressedSize
    if (compressionMethod !== STORED || sizes.compressedSize !== size)
      throw new UnusableInput(`${filename} is packed: a bundle in a collection is stored`)
    const head = await this.#file.slice(offset, offset + LOCAL_HEADER_BYTES).arrayBuffer()
    if (head.byteLength !== LOCAL_HEADER_BYTES) throw new UnusableInput('cut short')
    const header = new DataView(head)
    const start =
      offset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true)
    return this.#file.slice(start, start + size)
  }

  async close(): Promise<void> {
    await this.#reader.close()
  }
}

/** What the zip holds there is not what was put in: a matter of the bundle, not of its reader. */
function damaged(name: string, cause?: unknown): EvidenceError {
  const why = cause === undefined ? 'not there' : sentence(cause)
  return new EvidenceError('malformed-bundle', `${name} can't be unpacked: ${why}`, {
    where: name,
    cause,
  })
}

/** What zip.js found, and in which entry. */
function sentence(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.message === ERR_BAD_FORMAT) return 'not a zip file'
  if (cause instanceof UnusableInput) return cause.message
  const details = [reasonOf(cause), textOf(cause, 'filename')].filter((each) => each !== undefined)
  return details.length === 0 ? cause.message : `${cause.message}: ${details.join(', ')}`
}

const reasonOf = (cause: unknown) => textOf(cause, 'reason')

function textOf(cause: unknown, name: 'reason' | 'filename'): string | undefined {
  if (typeof cause !== 'object' || cause === null || !(name in cause)) return undefined
  const value: unknown = Reflect.get(cause, name)
  return typeof value === 'string' ? value : undefined
}
