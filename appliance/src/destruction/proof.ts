import { destructionEntries, toBase64, toHex } from '@probant/evidence'
import { PassThrough, type Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import type { Box } from '../box.ts'
import { ZIP_ENTRY } from '../reading/bundle.ts'
import { provingCheckpoint } from '../reading/receipts.ts'
import { auditReceiptCovering } from '../store/cosignatures.ts'
import { groundsOpening, type Tombstone } from '../store/destruction.ts'
import { readTraces, tracesOfObject } from '../store/journal.ts'

/** Traces that one bundle carries, beside that of the destruction. */
const MAX_TRACES = 10_000

/** The proof of destruction of an object (formats, section 23), under the smallest checkpoint that covers it, a cosigned one as soon as there is one. */
export async function destructionBundle(
  box: Pick<Box, 'database' | 'proofs' | 'crypto' | 'settings' | 'witnessing'>,
  { id, vaultId, destroySeq }: Tombstone,
): Promise<Readable> {
  const { database, proofs, crypto } = box
  const checkpoint = await provingCheckpoint(database, destroySeq + 1, box.witnessing.required)
  const first = await tracesOfObject(database, id, MAX_TRACES)
  const own = await readTraces(database, destroySeq, destroySeq + 1)
  const traces = []
  for (const { seq, bytes } of [...first.filter(({ seq }) => seq < destroySeq), ...own])
    traces.push({ bytes, path: await proofs.inclusion(seq, checkpoint.size) })
  const opening = await groundsOpening(database, destroySeq)
  const audit = await auditReceiptCovering(database, checkpoint.size)
  const entries = destructionEntries(crypto, {
    ...{ box: box.settings.boxId, vault: vaultId, object: id, state: checkpoint.state, traces },
    checkpointNote: checkpoint.note,
    auditReceipt: audit?.note,
    grounds:
      opening === undefined
        ? null
        : { field: 'grounds', salt: toHex(opening.salt), value: toBase64(opening.value) },
  })
  const zip = new ZipFile()
  for (const { name, bytes } of entries)
    zip.addBuffer(Buffer.from(bytes), name, { ...ZIP_ENTRY, compress: true })
  zip.end()
  return zip.outputStream.pipe(new PassThrough())
}
