import { fromUtf8 } from '../bytes.ts'
import { parseCheckpoint, type Checkpoint } from '../checkpoint.ts'
import { parseNote } from '../note.ts'
import type { ArchiveProof } from './archive-proof.ts'
import { checkRenewals } from './dated-tokens.ts'
import { checkDating, type DatingCheck } from './dating.ts'
import { checkDeposit, checkOpenings } from './deposit.ts'
import {
  checkAuditReceipt,
  checkCheckpoint,
  checkCosignatures,
  type AuditCheck,
  type CosignaturesCheck,
} from './heads.ts'
import { entryName } from './names.ts'
import { parseOpenings, type Openings } from './openings.ts'
import { readEntry, readIfListed } from './source.ts'
import { checkTraces, type TracesCheck } from './traces.ts'
import type { BundleUnderCheck } from './under-check.ts'

/** The traces of a bundle and the heads that cover them, checked. */
export interface BundleJournal {
  readonly openings: Openings
  readonly hasMetadata: boolean
  readonly traces: TracesCheck
  readonly checkpoint: Checkpoint
  readonly cosigned: CosignaturesCheck
  readonly audited: AuditCheck
  /** Undefined where the bundle holds no outside token. */
  readonly dating: DatingCheck | undefined
}

/** Openings, deposit trace, inclusion, checkpoint, cosignatures, audit receipt, outside tokens. */
export async function checkJournal(
  bundle: BundleUnderCheck,
  { statement, latBytes }: ArchiveProof,
  requireWitnesses: number,
): Promise<BundleJournal> {
  const { crypto, source, manifest, anchors, checks } = bundle
  checks.begin('openings')
  const openings = parseOpenings(await readEntry(source, entryName.openings))
  const metadata = await readIfListed(source, manifest, entryName.metadata)
  checks.end(checkOpenings(crypto, statement, openings, metadata))

  checks.begin('inclusion')
  const checkpointNote = fromUtf8(await readEntry(source, entryName.checkpoint))
  const note = parseNote(checkpointNote)
  const checkpoint = parseCheckpoint(note.text)
  const traces = await checkTraces(crypto, source, manifest, checkpoint, checkpointNote)
  const { deposit } = traces
  checks.add(
    'deposit-trace',
    deposit === undefined
      ? traces.verdict
      : checkDeposit(crypto, deposit, statement, latBytes, openings),
  )
  checks.add('inclusion', traces.verdict)

  checks.begin('checkpoint')
  checks.end(await checkCheckpoint(crypto, note, checkpoint, anchors))
  checks.begin('cosignatures')
  const cosigned = await checkCosignatures(crypto, note, anchors, requireWitnesses)
  // What a witness doesn't say lowers the state that is reported, not the validity.
  checks.end(cosigned.verdict, requireWitnesses > 0 || cosigned.verdict.status === 'invalid')

  checks.begin('audit-receipt')
  const receipt = await readIfListed(source, manifest, entryName.auditReceipt)
  const audited = await checkAuditReceipt(
    crypto,
    receipt && fromUtf8(receipt),
    checkpoint,
    traces.lastSeq,
    anchors,
  )
  checks.end(audited.verdict, audited.verdict.status === 'invalid')

  checks.begin('dating')
  const dating = await checkDating(bundle, checkpoint, deposit?.seq ?? 0)
  if (dating !== undefined) checks.end(dating.verdict, dating.verdict.status === 'invalid')
  const renewal = checkRenewals(bundle, dating?.tokens ?? [])
  if (renewal !== undefined) {
    const { verdict, isCritical } = renewal
    checks.add('renewal', verdict, isCritical || verdict.status === 'invalid')
  }
  const hasMetadata = metadata !== undefined
  return { openings, hasMetadata, traces, checkpoint, cosigned, audited, dating }
}
