import {
  bundleEntryName,
  collectionEntry,
  collectionReadme,
  formatListing,
  toHex,
  utf8,
  type CollectionEntry,
  type Listing,
  type Omission,
} from '@probant/evidence'
import type { EventEmitter } from 'node:events'
import { PassThrough, Transform, type Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import type { Box } from '../box.ts'
import { BoxError } from '../errors.ts'
import type { VaultCipher } from '../store/cipher.ts'
import { findObject, type StoredObject } from '../store/objects.ts'
import { evidenceBundle, ZIP_ENTRY } from './bundle.ts'
import { isIntact } from './content.ts'

/** What a collection is made of, and who is told what goes into it. */
export interface CollectionOrder {
  readonly cipher: VaultCipher
  readonly vault: string
  readonly selection: Listing['selection']
  readonly journalSize: number
  /** Objects of the vault, in the order of their deposits. */
  readonly ids: readonly string[]
  readonly withContent: boolean
  readonly withDescription: boolean
  /** Journals that an object's bundle is given out, before its first byte is. */
  readonly given: (object: StoredObject, withContent: boolean) => Promise<void>
  /** Journals that what is stored of an object was found altered. */
  readonly altered: (object: StoredObject) => Promise<void>
}

/**
 * The evidence of many objects as one zip (formats, section 21), one bundle after the other as the reader takes them: nothing is kept on
 * disk, and in memory no more than one bundle without its document. A document is read once before it is given out, so that one that
 * was altered is named and the rest still comes; one that is altered between the two readings cuts the stream, and a zip that is cut
 * has no directory.
 */
export function evidenceCollection(box: Box, order: CollectionOrder): Readable {
  const output = new PassThrough()
  const zip = new ZipFile()
  const emitter: EventEmitter = zip
  const stop = (error: unknown) =>
    output.destroy(error instanceof Error ? error : new Error(String(error)))
  emitter.on('error', stop)
  zip.outputStream.pipe(output)
  fill(box, order, zip, output).catch(stop)
  return output
}

async function fill(
  box: Box,
  order: CollectionOrder,
  zip: ZipFile,
  output: PassThrough,
): Promise<void> {
  const entries: CollectionEntry[] = []
  const omissions: Omission[] = []
  const stored = { ...ZIP_ENTRY, compress: false }
  const readme = utf8(collectionReadme)
  zip.addBuffer(Buffer.from(readme), collectionEntry.readme, stored)
  const sha256 = toHex(box.crypto.hash('sha256', readme))
  entries.push({ name: collectionEntry.readme, size: readme.length, sha256 })
  for (const id of order.ids) {
    if (isClosed(output)) return
    const made = await bundleOf(box, order, id, omissions)
    if (made === undefined) continue
    if (isClosed(output)) {
      made.destroy()
      return
    }
    const name = bundleEntryName(id)
    const counted = new Counted(box)
    const flow = pipeline(made, counted)
    // A reader who goes away leaves a zip that waits for ever.
    const abandon = () => counted.destroy()
    output.once('close', abandon)
    zip.addReadStream(counted, name, stored)
    await Promise.all([flow, finished(counted)])
    output.off('close', abandon)
    entries.push({ name, ...counted.listed() })
  }
  const { vault, selection, journalSize } = order
  const { boxId } = box.settings
  const listing = formatListing({
    format: 1,
    box: boxId,
    ...{ vault, selection, journalSize, entries, omissions },
  })
  zip.addBuffer(Buffer.from(listing), collectionEntry.listing, { ...ZIP_ENTRY, compress: true })
  zip.end()
}

/** Asked again: a reader may have left since. */
const isClosed = (output: PassThrough) => output.destroyed

/** The next bundle, or undefined and an omission. */
async function bundleOf(
  box: Box,
  { vault, cipher, given, altered, ...order }: CollectionOrder,
  id: string,
  omissions: Omission[],
): Promise<Readable | undefined> {
  // Read when its turn comes: it may be gone by then, or its key enclosed anew.
  const object = await findObject(box.database, vault, id)
  if (object === undefined) {
    omissions.push({ object: id, part: 'bundle', reason: 'gone' })
    return undefined
  }
  let { withContent } = order
  if (withContent && !(await isIntact(box.crypto, box.files, cipher, object))) {
    await altered(object)
    omissions.push({ object: id, part: 'document', reason: 'altered' })
    withContent = false
  }
  try {
    const made = await evidenceBundle(box, cipher, object, withContent, order.withDescription)
    await given(object, withContent)
    return made
  } catch (error) {
    if (!(error instanceof BoxError && error.code === 'integrity-failure')) throw error
    if (omissions.at(-1)?.object === id) omissions.pop()
    else await altered(object)
    omissions.push({ object: id, part: 'bundle', reason: 'altered' })
    return undefined
  }
}

/** Bytes on their way, with what the listing says of them. */
class Counted extends Transform {
  readonly #digest
  #size = 0

  constructor({ crypto }: Box) {
    super()
    this.#digest = crypto.incremental('sha256')
  }

  override _transform(
    chunk: Uint8Array,
    _encoding: string,
    done: (error: null, chunk: Uint8Array) => void,
  ): void {
    this.#digest.update(chunk)
    this.#size += chunk.length
    done(null, chunk)
  }

  listed(): { readonly size: number; readonly sha256: string } {
    return { size: this.#size, sha256: toHex(this.#digest.digest()) }
  }
}
