import { receiptValue, type JsonObject, type Opening, type ReceiptState } from '@probant/evidence'
import type { Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import type { RecordedAct } from '../journal/act.ts'
import type { JournalProofs } from '../journal/proofs.ts'
import { withLines } from '../journal/proofs.ts'
import { cosignaturesOf, witnessedCovering } from '../store/cosignatures.ts'
import { datingCovering } from '../store/outside-tokens.ts'
import { checkpointCovering, readTraces, type CheckpointRow } from '../store/journal.ts'

/** The receipt of a deposit that was just recorded. */
export async function freshReceipt(
  proofs: JournalProofs,
  lat: Uint8Array,
  opening: Opening,
  recorded: RecordedAct,
): Promise<JsonObject> {
  return receiptValue({
    format: 1,
    state: 'accepted',
    lat,
    trace: recorded.trace,
    proof: await proofs.tlogProof(recorded.seq, recorded.checkpoint),
    opening,
  })
}

/** The receipt as it can be given now: under a cosigned checkpoint as soon as there is one. What dates it is in the bundle. */
export async function receiptNow(
  database: Database,
  proofs: JournalProofs,
  object: { readonly lat: Uint8Array; readonly depositSeq: number },
  opening: Opening,
): Promise<JsonObject> {
  const checkpoint = await provingCheckpoint(database, object.depositSeq + 1)
  const [trace] = await readTraces(database, object.depositSeq, object.depositSeq + 1)
  if (trace === undefined)
    throw new BoxError('journal-altered', 'fatal', `trace ${object.depositSeq} is missing`)
  return receiptValue({
    format: 1,
    state:
      (await datingCovering(database, object.depositSeq + 1)) === undefined
        ? checkpoint.state
        : 'dated',
    lat: object.lat,
    trace: trace.bytes,
    proof: await proofs.tlogProof(object.depositSeq, checkpoint),
    opening,
  })
}

/** The checkpoint to prove traces 0 … size − 1 under: the smallest cosigned one that covers them, else the smallest of all. */
export async function provingCheckpoint(
  database: Database,
  size: number,
): Promise<CheckpointRow & { state: ReceiptState }> {
  const witnessedSize = await witnessedCovering(database, size)
  const checkpoint = await checkpointCovering(database, witnessedSize ?? size)
  if (checkpoint === undefined)
    throw new BoxError('no-such-object', 'retryable', `no checkpoint covers ${size} traces yet`)
  const cosignatures = await cosignaturesOf(database, checkpoint.size)
  return {
    ...checkpoint,
    note: withLines(
      checkpoint.note,
      cosignatures.map((each) => each.line),
    ),
    state: witnessedSize === undefined ? 'accepted' : 'witnessed',
  }
}
