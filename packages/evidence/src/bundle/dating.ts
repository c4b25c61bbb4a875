import { equalBytes, fromUtf8 } from '../bytes.ts'
import { parseCheckpoint, type Checkpoint } from '../checkpoint.ts'
import {
  datingEntry,
  isDatingBlock,
  maximumDatedTokens,
  parseConsistency,
} from '../dating/entries.ts'
import { datedGroup } from '../dating/group.ts'
import { verifyConsistency } from '../merkle-verification.ts'
import { parseNote } from '../note.ts'
import { parsePem } from '../pem.ts'
import { verifyOutsideToken } from '../timestamp/outside-token.ts'
import { parseTrace } from '../trace.ts'
import { combine, invalid, valid, type Verdict } from '../verdict.ts'
import { checkCheckpoint } from './heads.ts'
import type { DatingFact } from './report.ts'
import { readEntry, readIfListed } from './source.ts'
import type { BundleUnderCheck } from './under-check.ts'

export interface DatingCheck {
  readonly verdict: Verdict
  /** Every outside token, verified or not. */
  readonly datings: readonly DatingFact[]
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
  const journal = combine([
    await checkCheckpoint(crypto, note, dated, anchors),
    await sameJournal(bundle, checkpoint, dated, depositSeq),
    sealVerdict(seal, dated),
    equalBytes(await readEntry(source, datingEntry.group), group.bytes)
      ? valid
      : wrong('the digests that were stamped are not those of checkpoint and seal', 'group'),
  ])
  if (journal.status === 'invalid') return { verdict: journal, datings: [] }
  const tokens = await checkTokens(bundle, group.imprint)
  return {
    verdict: combine([journal, verdictOfTokens(tokens)]),
    datings: tokens.map(({ fact }) => ({
      ...fact,
      status: journal.status === 'valid' ? fact.status : 'cannot-tell',
    })),
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
  const hashes = proof === undefined ? [] : parseConsistency(fromUtf8(proof))
  const [older, newer] = dated.size < checkpoint.size ? [dated, checkpoint] : [checkpoint, dated]
  const [oldSize, newSize] = [BigInt(older.size), BigInt(newer.size)]
  return verifyConsistency(crypto, oldSize, newSize, hashes, older.root, newer.root)
    ? valid
    : wrong('the stamped checkpoint is not of the same journal', 'consistency')
}

function sealVerdict(bytes: Uint8Array, { origin, size }: Checkpoint): Verdict {
  const trace = parseTrace(bytes)
  return trace.act === 'seal' && trace.origin === origin && trace.seq < size
    ? valid
    : wrong('the stamped trace is not a seal of this journal', 'seal')
}

interface TokenCheck {
  readonly verdict: Verdict
  readonly fact: DatingFact
}

async function checkTokens(
  { crypto, source, manifest, anchors }: BundleUnderCheck,
  imprint: Uint8Array,
): Promise<TokenCheck[]> {
  const found: TokenCheck[] = []
  for (let n = 1; n <= maximumDatedTokens; n++) {
    const bytes = await readIfListed(source, manifest, datingEntry.token(n))
    if (bytes === undefined) break
    const certificates = await readIfListed(source, manifest, datingEntry.certificates(n))
    const lists = await readIfListed(source, manifest, datingEntry.lists(n))
    const { verdict, ...token } = await verifyOutsideToken(crypto, bytes, {
      imprint,
      imprintAlgorithm: 'sha512',
      roots: anchors.outsideTsaRoots ?? [],
      certificates:
        certificates === undefined ? [] : parsePem(fromUtf8(certificates), 'CERTIFICATE'),
      lists: lists === undefined ? [] : parsePem(fromUtf8(lists), 'X509 CRL'),
    })
    const { time, authority, policy, isRevocationChecked } = token
    found.push({
      verdict,
      fact: { status: verdict.status, time, authority, policy, isRevocationChecked },
    })
  }
  return found
}

/** One good token is enough; a bad one is never passed over. */
function verdictOfTokens(tokens: readonly TokenCheck[]): Verdict {
  const verdicts = tokens.map(({ verdict }) => verdict)
  const bad = verdicts.find(({ status }) => status === 'invalid')
  if (bad !== undefined) return bad
  return verdicts.some(({ status }) => status === 'valid') ? valid : combine(verdicts)
}

function wrong(what: string, where: keyof typeof datingEntry): Verdict {
  return invalid('bad-dating', what, `blocks/dated-${where}`)
}
