import { equalBytes, fromUtf8 } from '../bytes.ts'
import { datingEntry, maximumDatedTokens } from '../dating/entries.ts'
import { renewalBlocks, renewalEntry } from '../dating/renewal-entries.ts'
import { parseEvidenceRecord } from '../evidence-record/record.ts'
import {
  lasting,
  verifyEvidenceRecord,
  type RecordTimeStamp,
} from '../evidence-record/verification.ts'
import { parsePem } from '../pem.ts'
import { verifyOutsideToken, type OutsideToken } from '../timestamp/outside-token.ts'
import { combine, invalid, valid, type Verdict } from '../verdict.ts'
import type { DatingFact } from './report.ts'
import { readIfListed } from './source.ts'
import type { BundleUnderCheck } from './under-check.ts'

/** What the tokens of a bundle are over. */
export interface Stamped {
  readonly checkpoint: Uint8Array
  readonly seal: Uint8Array
  readonly imprint: Uint8Array
}

/** One token of an authority outside, and what renewed it. */
export interface DatedTokenCheck {
  /** By itself or by its renewal, as of the verifier's time. */
  readonly verdict: Verdict
  /** Of its evidence record; undefined where it has none. */
  readonly renewal: Verdict | undefined
  readonly fact: DatingFact
}

/** Every token that the bundle names, in order. */
export async function checkDatedTokens(
  bundle: BundleUnderCheck,
  stamped: Stamped,
): Promise<DatedTokenCheck[]> {
  const found: DatedTokenCheck[] = []
  for (let n = 1; n <= maximumDatedTokens; n++) {
    const token = await readIfListed(bundle.source, bundle.manifest, datingEntry.token(n))
    if (token === undefined) break
    found.push(await checkToken(bundle, stamped, token, n))
  }
  return found
}

async function checkToken(
  bundle: BundleUnderCheck,
  { checkpoint, seal, imprint }: Stamped,
  bytes: Uint8Array,
  n: number,
): Promise<DatedTokenCheck> {
  const { crypto, anchors, atMs } = bundle
  const { retired = new Map() } = atMs === undefined ? {} : anchors
  const trusted = {
    roots: anchors.outsideTsaRoots ?? [],
    certificates: await pems(bundle, datingEntry.certificates(n), 'CERTIFICATE'),
    lists: await pems(bundle, datingEntry.lists(n), 'X509 CRL'),
  }
  const token = await verifyOutsideToken(crypto, bytes, {
    ...trusted,
    imprint,
    imprintAlgorithm: 'sha512',
  })
  const ownMs = Date.parse(token.time)
  const untilMs = Math.max(ownMs, atMs ?? ownMs)
  const alone = combine([token.verdict, lasting(token, untilMs, retired)])
  const record = await readIfListed(bundle.source, bundle.manifest, renewalEntry.record(n))
  if (record === undefined)
    return {
      verdict: alone,
      renewal: undefined,
      fact: factOf(token, alone, [linkOf(token, alone)]),
    }
  const renewed = await verifyEvidenceRecord(crypto, record, {
    objects: [checkpoint, seal],
    roots: trusted.roots,
    certificates: [
      ...trusted.certificates,
      ...(await pems(bundle, renewalEntry.certificates(n), 'CERTIFICATE')),
    ],
    lists: [...trusted.lists, ...(await pems(bundle, renewalEntry.lists(n), 'X509 CRL'))],
    retired,
    atMs,
  })
  const renewal = combine([renewed.verdict, startVerdict(record, bytes, renewed.verdict, n)])
  const verdict = either(alone, renewal)
  const chain = renewed.timeStamps.length > 0 ? renewed.timeStamps : [linkOf(token, alone)]
  return { verdict, renewal, fact: factOf(token, verdict, chain) }
}

/** Whether the record goes on from that token and no other. */
function startVerdict(record: Uint8Array, token: Uint8Array, verdict: Verdict, n: number): Verdict {
  if (verdict.status === 'invalid') return verdict
  try {
    const [first] = parseEvidenceRecord(record).chains.flat()
    if (first !== undefined && equalBytes(first.timeStamp, token)) return valid
  } catch {
    // Said by the verdict of the record, which can't be taken apart.
    return valid
  }
  return invalid('bad-renewal', 'the record is that of another token', renewalEntry.record(n))
}

/** One that holds is enough; a false one is never passed over. */
function either(alone: Verdict, renewal: Verdict): Verdict {
  if (alone.status === 'invalid' || renewal.status === 'invalid') return combine([alone, renewal])
  return alone.status === 'valid' ? alone : renewal
}

/** A token that nothing renewed, as a chain of one. */
function linkOf(token: OutsideToken, { status }: Verdict): RecordTimeStamp {
  const { time, authority, policy, algorithms, holdsUntilMs, isRevocationChecked } = token
  const holdsUntil = holdsUntilMs === undefined ? null : new Date(holdsUntilMs).toISOString()
  const link = { time, authority, policy, algorithms, holdsUntil, isRevocationChecked }
  return { kind: 'first', status, ...link }
}

function factOf(
  { time, authority, policy, isRevocationChecked }: OutsideToken,
  { status }: Verdict,
  chain: readonly RecordTimeStamp[],
): DatingFact {
  return { status, time, authority, policy, isRevocationChecked, chain }
}

async function pems(
  { source, manifest }: BundleUnderCheck,
  name: string,
  label: 'CERTIFICATE' | 'X509 CRL',
): Promise<Uint8Array[]> {
  const bytes = await readIfListed(source, manifest, name)
  return bytes === undefined ? [] : parsePem(fromUtf8(bytes), label)
}

/** One good token is enough; a bad one is never passed over. */
export function verdictOfTokens(verdicts: readonly Verdict[]): Verdict {
  const bad = verdicts.find(({ status }) => status === 'invalid')
  if (bad !== undefined) return bad
  return verdicts.some(({ status }) => status === 'valid') ? valid : combine(verdicts)
}

/** Whether every block of renewals names a part of the renewal of a token that is there; undefined where there is none. */
export function checkRenewals(
  { manifest }: BundleUnderCheck,
  tokens: readonly DatedTokenCheck[],
): { readonly verdict: Verdict; readonly isCritical: boolean } | undefined {
  const blocks = renewalBlocks(manifest.blocks ?? [])
  if (blocks.length === 0) return undefined
  const known = tokens.flatMap(({ renewal }, at) =>
    renewal === undefined ? [] : Object.values(renewalEntry).map((name) => name(at + 1)),
  )
  const named = blocks.map(({ content }) => content['entry'])
  const stranger = named.find((entry) => !known.some((name) => name === entry))
  const verdicts = tokens.flatMap(({ renewal }) => (renewal === undefined ? [] : [renewal]))
  const verdict =
    typeof stranger === 'string'
      ? invalid('bad-renewal', 'a block renewal of no token', stranger)
      : verdictOfTokens(verdicts)
  return { verdict, isCritical: blocks.some(({ critical }) => critical) }
}
