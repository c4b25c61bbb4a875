import { equalBytes } from '../bytes.ts'
import type { Anchors } from '../anchors.ts'
import { verifyAuditReceipt } from '../audit-receipt.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { verifyCosignatures } from '../cosignature.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import { parseNote, type Note } from '../note.ts'
import { verifyNote } from '../signatures.ts'
import { cannotTell, invalid, valid, type Verdict } from '../verdict.ts'
import type { BundleFacts, WitnessFact } from './report.ts'

/** One checkpoint signed by a given journal key for its origin. */
export async function checkCheckpoint(
  crypto: EvidenceCrypto,
  note: Note,
  { origin }: Checkpoint,
  { journalKeys }: Anchors,
): Promise<Verdict> {
  const keys = (journalKeys ?? []).filter((key) => key.name === origin)
  if (keys.length === 0) return cannotTell(`the journal key of ${origin}`)
  return (await verifyNote(crypto, note, keys)).verdict
}

export interface CosignaturesCheck {
  readonly verdict: Verdict
  /** Those that were verified. */
  readonly witnesses: readonly WitnessFact[]
}

/**
 * Who else saw the checkpoint. One that doesn't verify under a given key rejects the note. A witness is one name, by how many keys ever
 * it signed.
 */
export async function checkCosignatures(
  crypto: EvidenceCrypto,
  note: Note,
  { witnessKeys }: Anchors,
  required: number,
): Promise<CosignaturesCheck> {
  const keys = witnessKeys ?? []
  if (keys.length === 0) return { verdict: cannotTell("the witnesses' keys"), witnesses: [] }
  const found = await verifyCosignatures(crypto, note, keys)
  const bad = found.find((each) => each.answer === 'invalid')
  if (bad !== undefined) {
    const what = `the cosignature of ${bad.name} is not valid`
    return { verdict: invalid('bad-cosignature', what, 'checkpoint.txt'), witnesses: [] }
  }
  const witnesses = found.flatMap(({ name, type, timestamp, answer }): WitnessFact[] =>
    answer !== 'valid' || timestamp === null
      ? []
      : [{ name, algorithm: type === 4 ? 'ed25519' : 'ml-dsa-44', time: timeOf(timestamp) }],
  )
  const count = namesOf(witnesses).size
  if (count >= Math.max(required, 1)) return { verdict: valid, witnesses }
  return { verdict: cannotTell(missing(count, required, namesOf(found).size)), witnesses }
}

/** @param all with those whose cosignatures can't be checked here */
function missing(count: number, required: number, all: number): string {
  if (all >= Math.max(required, 1)) return 'a way to check ML-DSA-44 signatures'
  return required > 1
    ? `cosignatures by ${required} given witnesses: there are ${count}`
    : 'a cosignature by a given witness'
}

function namesOf(named: readonly { readonly name: string }[]): Set<string> {
  return new Set(named.map(({ name }) => name))
}

/** A cosigner's seconds may lie beyond what a Date can say. */
function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString()
}

export interface AuditCheck {
  readonly verdict: Verdict
  readonly audit: BundleFacts['audit']
  /** Its root could be compared only when it is of the checkpoint's size. */
  readonly isRootCompared: boolean
}

/** The supervision centre's word that it stores and recomputed all these traces. */
export async function checkAuditReceipt(
  crypto: EvidenceCrypto,
  text: string | undefined,
  checkpoint: Checkpoint,
  lastSeq: number,
  { auditKeys }: Anchors,
): Promise<AuditCheck> {
  const none = { audit: null, isRootCompared: false }
  if (text === undefined) return { verdict: cannotTell('an audit receipt'), ...none }
  const note = parseNote(text)
  const names = new Set(note.signatures.map((signature) => signature.name))
  const keys = (auditKeys ?? []).filter((key) => names.has(key.name))
  const [key] = keys
  if (key === undefined) {
    return { verdict: cannotTell(`the audit key of ${[...names].join(', ')}`), ...none }
  }
  const { verdict, receipt } = await verifyAuditReceipt(crypto, note, keys)
  if (verdict.status !== 'valid' || receipt === undefined) return { verdict, ...none }
  const { origin, size, root, time } = receipt
  const isRootCompared = size === checkpoint.size
  const fits =
    origin === checkpoint.origin &&
    size > lastSeq &&
    (!isRootCompared || equalBytes(root, checkpoint.root))
  if (!fits) {
    const what = 'the audit receipt is not of this journal'
    return { verdict: invalid('bad-audit-receipt', what, 'audit-receipt.txt'), ...none }
  }
  return { verdict, audit: { name: key.name, time, size }, isRootCompared }
}
