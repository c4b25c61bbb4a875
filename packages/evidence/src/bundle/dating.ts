import { equalBytes, fromHex, fromUtf8 } from '../bytes.ts'
import { parseCheckpoint, type Checkpoint } from '../checkpoint.ts'
import { datingEntry, isDatingBlock, parseHashes } from '../dating/entries.ts'
import { datedGroup } from '../dating/group.ts'
import { leafHash } from '../merkle.ts'
import { verifyConsistency, verifyInclusion } from '../merkle-verification.ts'
import { parseNote } from '../note.ts'
import { parseSealData } from '../seal.ts'
import { parseTrace, type Trace } from '../trace.ts'
import { combine, invalid, valid, type Verdict } from '../verdict.ts'
import { checkDatedTokens, verdictOfTokens, type DatedTokenCheck } from './dated-tokens.ts'
import { checkCheckpoint } from './heads.ts'
import { traceName } from './names.ts'
import type { DatingFact } from './report.ts'
import { readEntry, readIfListed } from './source.ts'
import type { BundleUnderCheck } from './under-check.ts'

export interface DatingCheck {
  readonly verdict: Verdict
  /** Every outside token, verified or not. */
  readonly datings: readonly DatingFact[]
  readonly tokens: readonly DatedTokenCheck[]
  /** Whether the deposit's trace leads to the stamped seal by SHA3-256. */
  readonly isDatedBySha3: boolean
}

/**
 * The outside tokens of a bundle, where it has any: that they are over the stamped checkpoint and seal, that this checkpoint is of the
 * same journal and covers the deposit, and that they lead to an authority outside that the verifier gave. Undefined where there is none.
 *
 * @param depositSeq the trace that has to be under the stamped checkpoint
 */
export async function checkDating(
  bundle: BundleUnderCheck,
  checkpoint: Checkpoint,
  depositSeq: number,
): Promise<DatingCheck | undefined> {
  const { manifest, crypto, anchors, source } = bundle
  if (!(manifest.blocks ?? []).some(isDatingBlock)) return undefined
  const stamped = await readEntry(source, datingEntry.checkpoint)
  const seal = await readEntry(source, datingEntry.seal)
  const note = parseNote(fromUtf8(stamped))
  const dated = parseCheckpoint(note.text)
  const group = datedGroup(crypto, stamped, seal)
  const sealTrace = parseTrace(seal)
  const path = await readIfListed(source, manifest, datingEntry.sha3Path)
  const journal = combine([
    await checkCheckpoint(crypto, note, dated, anchors),
    await sameJournal(bundle, checkpoint, dated, depositSeq),
    sealVerdict(sealTrace, dated),
    equalBytes(await readEntry(source, datingEntry.group), group.bytes)
      ? valid
      : wrong('the digests that were stamped are not those of checkpoint and seal', 'group'),
    path === undefined ? valid : await underSeal(bundle, sealTrace, path, depositSeq),
  ])
  if (journal.status === 'invalid')
    return { verdict: journal, datings: [], tokens: [], isDatedBySha3: false }
  const tokens = await checkDatedTokens(bundle, {
    checkpoint: stamped,
    seal,
    imprint: group.imprint,
  })
  return {
    verdict: combine([journal, verdictOfTokens(tokens.map(({ verdict }) => verdict))]),
    datings: tokens.map(({ fact }) => ({
      ...fact,
      status: journal.status === 'valid' ? fact.status : 'cannot-tell',
    })),
    tokens,
    isDatedBySha3: path !== undefined,
  }
}

/** One tree continues the other, whichever was signed first. */
async function sameJournal(
  { crypto, source, manifest }: BundleUnderCheck,
  checkpoint: Checkpoint,
  dated: Checkpoint,
  depositSeq: number,
): Promise<Verdict> {
  if (dated.origin !== checkpoint.origin || dated.size <= depositSeq)
    return wrong('the stamped checkpoint is not one that covers the deposit', 'checkpoint')
  const proof = await readIfListed(source, manifest, datingEntry.consistency)
  const hashes = proof === undefined ? [] : parseHashes(fromUtf8(proof))
  const [older, newer] = dated.size < checkpoint.size ? [dated, checkpoint] : [checkpoint, dated]
  const [oldSize, newSize] = [BigInt(older.size), BigInt(newer.size)]
  return verifyConsistency(crypto, oldSize, newSize, hashes, older.root, newer.root)
    ? valid
    : wrong('the stamped checkpoint is not of the same journal', 'consistency')
}

function sealVerdict(trace: Trace, { origin, size }: Checkpoint): Verdict {
  return trace.act === 'seal' && trace.origin === origin && trace.seq < size
    ? valid
    : wrong('the stamped trace is not a seal of this journal', 'seal')
}

/** The deposit's trace in the SHA3-256 tree of the stamped seal: the date then rests on no SHA-256. */
async function underSeal(
  { crypto, source }: BundleUnderCheck,
  seal: Trace,
  path: Uint8Array,
  depositSeq: number,
): Promise<Verdict> {
  const { size, sha3Root } = parseSealData(seal.data)
  const leaf = leafHash(crypto, await readEntry(source, traceName(depositSeq)), 'sha3-256')
  const hashes = parseHashes(fromUtf8(path))
  const [index, leaves] = [BigInt(depositSeq), BigInt(size)]
  return verifyInclusion(crypto, index, leaves, leaf, hashes, fromHex(sha3Root), 'sha3-256')
    ? valid
    : wrong("the deposit's trace is not in the tree of the stamped seal", 'sha3-path')
}

function wrong(what: string, where: string): Verdict {
  return invalid('bad-dating', what, `blocks/dated-${where}`)
}
