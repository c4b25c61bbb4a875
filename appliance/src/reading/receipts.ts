import { receiptValue, type JsonObject, type Opening, type ReceiptState } from '@probant/evidence'
import type { Database } from '@probant/postgres'
import type { Box } from '../box.ts'
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

/** What of a box it takes to prove a deposit. */
type ProvingBox = Pick<Box, 'database' | 'proofs' | 'witnessing'>

/** The receipt as it can be given now: under a cosigned checkpoint as soon as there is one. What dates it is in the bundle. */
export async function receiptNow(
  { database, proofs, witnessing: { required } }: ProvingBox,
  object: { readonly lat: Uint8Array; readonly depositSeq: number },
  opening: Opening,
): Promise<JsonObject> {
  const checkpoint = await provingCheckpoint(database, object.depositSeq + 1, required)
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

/**
 * The checkpoint to prove traces 0 … size − 1 under: the smallest that covers them and that as many witnesses as are required cosigned,
 * else the smallest that one did, else the smallest of all.
 */
export async function provingCheckpoint(
  database: Database,
  size: number,
  required: number,
): Promise<CheckpointRow & { state: ReceiptState; witnesses: number }> {
  const witnessedSize = await witnessedCovering(database, size, required)
  const cosignedSize =
    witnessedSize ?? (required > 1 ? await witnessedCovering(database, size, 1) : undefined)
  const checkpoint = await checkpointCovering(database, cosignedSize ?? size)
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
    witnesses: new Set(cosignatures.map(({ name }) => name)).size,
  }
}
