import { bundleEntries, documentName, fromBase64, parseLat, type Opening } from '@probant/evidence'
import { PassThrough, Readable } from 'node:stream'
import type { EventEmitter } from 'node:events'
import { ZipFile } from 'yazl'
import { attestationFacts } from '../attestation/facts.ts'
import type { Box } from '../box.ts'
import { signingKey } from '../journal/signing-keys.ts'
import { auditReceiptCovering } from '../store/cosignatures.ts'
import type { VaultCipher } from '../store/cipher.ts'
import { tracesOfObject } from '../store/journal.ts'
import { readSecrets, type StoredObject } from '../store/objects.ts'
import { content } from './content.ts'
import { datingOf } from './dating.ts'
import { filesOf } from './files.ts'
import { openedSecret, type SecretOpenings } from './openings.ts'
import { provingCheckpoint } from './receipts.ts'

/** Zip times carry no time zone and no meaning here: one fixed date makes equal bundles equal bytes. */
export const ZIP_ENTRY = {
  mtime: new Date(1980, 0, 1),
  mode: 0o100644,
  forceDosTimestamp: true,
} as const
/** Traces that one bundle carries; an object read more often than that has its journal exported instead. */
const MAX_TRACES = 10_000

/**
 * The evidence bundle of one object (formats, section 15), as a stream: every trace of the object under one checkpoint, a cosigned one as
 * soon as there is one. Who may not read the content doesn't get what the depositor wrote about it either. The documents are decrypted into the zip as it streams, in constant memory.
 */
export async function evidenceBundle(
  box: Box,
  cipher: VaultCipher,
  object: StoredObject,
  withContent: boolean,
  withDescription: boolean,
): Promise<Readable> {
  const { database, proofs } = box
  const { required } = box.witnessing
  const deposited = await provingCheckpoint(database, object.depositSeq + 1, required)
  const all = await tracesOfObject(database, object.id, MAX_TRACES)
  const newest = all.at(-1)?.seq ?? object.depositSeq
  // Prefer a cosigned checkpoint that covers every trace; else the cosigned one that covers the deposit, with the traces it covers.
  const covering = await provingCheckpoint(database, newest + 1, required)
  const checkpoint =
    covering.witnesses >= Math.min(deposited.witnesses, required) ? covering : deposited
  const traces = []
  for (const { seq, bytes } of all)
    if (seq < checkpoint.size)
      traces.push({ bytes, path: await proofs.inclusion(seq, checkpoint.size) })
  const openings = await allOpenings(box, cipher, object, withDescription)
  const audit = await auditReceiptCovering(database, checkpoint.size)
  const dating = await datingOf(box, object.depositSeq, checkpoint.size)
  const input = {
    state: dating === undefined ? checkpoint.state : 'dated',
    dating,
    lat: object.lat,
    latKey: await latKeyOf(box, object.lat),
    traces,
    checkpointNote: checkpoint.note,
    auditReceipt: audit?.note,
    openings,
    metadata: openings.metadata === null ? null : fromBase64(openings.metadata.value),
  }
  const attestations = await box.attestations.draw(attestationFacts(input))
  const entries = bundleEntries(box.crypto, { ...input, attestations })
  const zip = new ZipFile()
  for (const { name, bytes } of entries)
    zip.addBuffer(Buffer.from(bytes), name, { ...ZIP_ENTRY, compress: true })
  const output = new PassThrough()
  const documents = (withContent ? filesOf(object) : []).map((file) => {
    const bytes = content(box.crypto, box.files, cipher, object, file)
    const document = Readable.from(bytes, { objectMode: false })
    const sized = { ...ZIP_ENTRY, compress: false, size: file.sizeBytes }
    zip.addReadStream(document, documentName(file.number), sized)
    return document
  })
  // A reader who goes away leaves a zip that waits for ever: the stored files must be closed all the same.
  output.on('close', () => {
    for (const document of documents) document.destroy()
  })
  zip.end()
  // A document found altered while it streams must end the download visibly, never as a short zip that looks whole.
  const emitter: EventEmitter = zip
  emitter.on('error', (error: unknown) =>
    output.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  zip.outputStream.pipe(output)
  return output
}

/** The key that signed it: of this hardware, or of what the box had when the object came. */
async function latKeyOf(box: Box, lat: Uint8Array): Promise<Uint8Array> {
  const { key } = parseLat(lat).signature
  return (await signingKey(box.database, box.crypto, key)) ?? box.latKey
}

async function allOpenings(
  box: Box,
  cipher: VaultCipher,
  object: StoredObject,
  withDescription: boolean,
): Promise<SecretOpenings> {
  const fields = ['object', 'depositor', 'metadata'] as const
  const secrets = await readSecrets(box.database, [object.id], fields)
  const opened = (field: (typeof fields)[number]): Opening | null => {
    const enclosed = secrets.get(`${object.id}:${field}`)
    return enclosed === undefined ? null : openedSecret(cipher, object.id, field, enclosed)
  }
  return {
    object: opened('object'),
    depositor: withDescription ? opened('depositor') : null,
    metadata: withDescription ? opened('metadata') : null,
  }
}
