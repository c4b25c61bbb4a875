import {
  canonicalBytes,
  equalBytes,
  depositedObject,
  fromBase64,
  leafHash,
  memorySource,
  openingMatches,
  parseAnchors,
  parseLat,
  parseReceipt,
  parseStatement,
  parseTlogProof,
  parseTrace,
  utf8,
  verifyBundle,
  verifyInclusion,
  verifyLat,
  verifyNote,
  type Anchors,
  type JsonValue,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { fromBufferPromise } from 'yauzl'
import type { World } from '../world.ts'

/** What a receipt proves its deposit under. */
export interface GivenCheckpoint {
  readonly size: number
  readonly root: Uint8Array
}

/** The trust anchors of a box, as its initialisation hands them out. */
export function anchorsOf({
  identity,
}: {
  readonly identity: Pick<World['identity'], 'boxId' | 'journalKey' | 'latKey' | 'tsaRoot'>
}): Anchors {
  const files = {
    'journal.vkeys': identity.journalKey,
    'lat.pem': identity.latKey,
    'tsa.pem': identity.tsaRoot,
    'box.txt': identity.boxId,
  }
  return parseAnchors(
    new Map(Object.entries(files).map(([name, text]) => [name, utf8(`${text}\n`)])),
    nodeCrypto,
  )
}

/**
 * Verifies a receipt as somebody would who has it, the anchors and nothing else: LAT, deposit trace, its inclusion, checkpoint.
 * @throws Error saying what does not hold
 */
export async function proveReceipt(
  anchors: Anchors,
  receiptJson: JsonValue,
  deposit: { readonly id: string; readonly sha256: string },
): Promise<GivenCheckpoint> {
  const receipt = parseReceipt(canonicalBytes(receiptJson))
  const lat = await verifyLat(nodeCrypto, receipt.lat, anchors)
  hold(lat.verdict.status === 'valid', `LAT: ${JSON.stringify(lat.verdict)}`)
  const statement = parseStatement(parseLat(receipt.lat).statement)
  hold(statement.object === deposit.id, 'the LAT is of another object')
  hold(statement.digests.sha256 === deposit.sha256, 'the LAT is of other bytes')
  const trace = parseTrace(receipt.trace)
  hold(trace.act === 'deposit' && trace.outcome === 'done', 'the trace is no deposit')
  hold(trace.object === deposit.id, 'the trace is of another object')
  const value = depositedObject(nodeCrypto, statement, receipt.lat)
  hold(
    trace.objectCommitment !== null &&
      openingMatches(nodeCrypto, trace.objectCommitment, receipt.opening) &&
      equalBytes(fromBase64(receipt.opening.value), value),
    'the trace does not commit to the LAT',
  )
  const { index, path, note, checkpoint } = parseTlogProof(receipt.proof)
  const signed = await verifyNote(nodeCrypto, note, anchors.journalKeys ?? [])
  hold(signed.verdict.status === 'valid' && signed.verifiedBy.length > 0, 'checkpoint not signed')
  hold(trace.seq === index, 'the proof is of another trace')
  const leaf = leafHash(nodeCrypto, receipt.trace)
  const { size, root } = checkpoint
  hold(
    verifyInclusion(nodeCrypto, BigInt(index), BigInt(size), leaf, path, root),
    'the trace is not under the checkpoint',
  )
  return { size, root }
}

/** Verifies an evidence bundle with its document. @throws Error saying what does not hold */
export async function proveBundle(anchors: Anchors, zip: Uint8Array): Promise<void> {
  const entries: { name: string; bytes: Uint8Array }[] = []
  const file = await fromBufferPromise(Buffer.from(zip), { lazyEntries: true })
  for await (const entry of file.eachEntry()) {
    const pieces: Uint8Array[] = []
    for await (const piece of await file.openReadStreamPromise(entry))
      if (piece instanceof Uint8Array) pieces.push(piece)
    entries.push({ name: entry.fileName, bytes: Buffer.concat(pieces) })
  }
  hold(
    entries.some(({ name }) => name === 'document/1'),
    'the bundle has no document',
  )
  const report = await verifyBundle(nodeCrypto, memorySource(entries), anchors)
  hold(report.verdict.status === 'valid', `bundle: ${JSON.stringify(report.checks)}`)
}

function hold(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}
