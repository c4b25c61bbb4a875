import type { Readable } from 'node:stream'
import { concat, EvidenceError, type BundleSource } from '@probant/evidence'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { UnusableInput } from './answer.ts'

const maximumEntries = 100_000

/** A bundle in a zip file. Close it after use. */
export interface ZipSource extends BundleSource {
  close(): void
}

/**
 * Opens a zip as a bundle. UnusableInput for what is no zip, or one that nobody should unpack: names that lead out
 * of it, encryption, methods other than stored and deflated. Nothing is written to disk, and no entry gives more bytes
 * than the central directory states for it.
 */
export async function openZip(path: string): Promise<ZipSource> {
  let zip: ZipFile
  try {
    zip = await openPromise(path, {
      lazyEntries: true,
      autoClose: false,
      strictFileNames: true,
      validateEntrySizes: true,
    })
  } catch (cause) {
    throw new UnusableInput(`${path}: ${sentence(cause)}`, { cause })
  }
  try {
    return new OpenZip(zip, await listEntries(zip))
  } catch (cause) {
    zip.close()
    throw cause instanceof UnusableInput
      ? cause
      : new UnusableInput(`${path}: ${sentence(cause)}`, { cause })
  }
}

async function listEntries(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue
    if (!entry.canDecodeFileData()) {
      throw new UnusableInput(`${entry.fileName} is encrypted or packed in an unknown way`)
    }
    if (entries.push(entry) > maximumEntries) throw new UnusableInput('too many entries')
  }
  return entries
}

class OpenZip implements ZipSource {
  readonly entries: BundleSource['entries']
  readonly #zip: ZipFile
  readonly #byName: ReadonlyMap<string, Entry>

  constructor(zip: ZipFile, entries: readonly Entry[]) {
    this.#zip = zip
    this.#byName = new Map(entries.map((entry) => [entry.fileName, entry]))
    this.entries = entries.map((entry) => ({
      name: entry.fileName,
      size: entry.uncompressedSize,
    }))
  }

  async read(name: string, limit: number): Promise<Uint8Array> {
    const size = this.#byName.get(name)?.uncompressedSize ?? 0
    if (size > limit) {
      throw new EvidenceError('too-large', `${name} has ${size} bytes`, { where: name })
    }
    const pieces: Uint8Array[] = []
    for await (const piece of this.stream(name)) pieces.push(piece)
    return concat(...pieces)
  }

  // The zip's own checksums are not looked at: the digests say more, and say it of the document.
  async *stream(name: string): AsyncIterable<Uint8Array> {
    const entry = this.#byName.get(name)
    if (entry === undefined) throw damaged(name)
    try {
      const stream: Readable = await this.#zip.openReadStreamPromise(entry)
      for await (const piece of stream) {
        if (!(piece instanceof Uint8Array)) throw damaged(name)
        yield piece
      }
    } catch (cause) {
      throw damaged(name, cause)
    }
  }

  close(): void {
    this.#zip.close()
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

function sentence(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
