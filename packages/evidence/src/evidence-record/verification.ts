import type { EvidenceCrypto } from '../crypto.ts'
import { present } from '../present.ts'
import { verifyOutsideToken, type OutsideToken } from '../timestamp/outside-token.ts'
import { cannotTell, combine, invalid, valid, type Verdict, verdictOf } from '../verdict.ts'
import { recordLinks, type RecordLink } from './links.ts'
import { namesItsAlgorithms, parseEvidenceRecord, type EvidenceRecord } from './record.ts'
import { retiredAmong, type Retirements } from './retirement.ts'

/** What a record is verified with: all of it the verifier's own, but for certificates and lists, which are signed. */
export interface RecordExpectation {
  /** The data objects of the group, whole. */
  readonly objects: readonly Uint8Array[]
  /** DER certificates of the authorities that the verifier trusts. */
  readonly roots: readonly Uint8Array[]
  /** DER certificates that may stand between, of any of the authorities, in addition to those in the tokens; not trusted. */
  readonly certificates?: readonly Uint8Array[]
  /** DER revocation lists of any of the authorities. */
  readonly lists?: readonly Uint8Array[]
  readonly retired?: Retirements
  /** As of when the last time-stamp is judged, milliseconds since 1970; never before its own time, which is the default. */
  readonly atMs?: number | undefined
}

/** One link of the chain by which a record proves a date. */
export interface RecordTimeStamp {
  readonly kind: RecordLink['kind']
  readonly status: Verdict['status']
  /** RFC 3339, by the authority's clock. */
  readonly time: string
  readonly authority: string
  /** OID. */
  readonly policy: string
  /** What it rests on, by name: digest of the tree, digests and signatures of the token and its certificates. */
  readonly algorithms: readonly string[]
  /** RFC 3339: when the first certificate of its authority's path ends; null where no path to a given root was found. */
  readonly holdsUntil: string | null
  readonly isRevocationChecked: boolean
}

export interface RecordVerification {
  readonly verdict: Verdict
  /** Its time-stamps in order, as far as they could be read; to be believed as far as their status says. */
  readonly timeStamps: readonly RecordTimeStamp[]
}

/**
 * Verifies an evidence record (RFC 4998 sections 4.3 and 5.3): each archive time-stamp is over the data objects or over what went before;
 * its token, path and algorithms hold from its own time to that of the next, the last one's until `atMs`. What has ended or was retired
 * without a renewal before is *can't tell* with the date; what doesn't fit is *invalid*. Never throws for what an attacker controls.
 */
export async function verifyEvidenceRecord(
  crypto: EvidenceCrypto,
  der: Uint8Array,
  expectation: RecordExpectation,
): Promise<RecordVerification> {
  let record: EvidenceRecord
  try {
    record = parseEvidenceRecord(der)
  } catch (error) {
    return { verdict: verdictOf(error), timeStamps: [] }
  }
  const links = recordLinks(crypto, record, (algorithm) =>
    expectation.objects.map((each) => crypto.hash(algorithm, each)),
  )
  const tokens: OutsideToken[] = []
  for (const link of links) tokens.push(await tokenOf(crypto, link, expectation))
  const judged = links.map((link, at) => judge(link, tokens, at, expectation))
  return {
    verdict: combine([...judged.map(({ verdict }) => verdict), algorithmsVerdict(record, links)]),
    timeStamps: judged.map(({ fact }) => fact),
  }
}

async function tokenOf(
  crypto: EvidenceCrypto,
  { timeStamp, algorithm, imprint }: RecordLink,
  { roots, certificates = [], lists = [] }: RecordExpectation,
): Promise<OutsideToken> {
  const expected = { roots, certificates, lists }
  if (algorithm === undefined || imprint === undefined) return unread
  return verifyOutsideToken(crypto, timeStamp.timeStamp, {
    ...expected,
    imprint,
    imprintAlgorithm: algorithm,
  })
}

/** Stands for the token of a link that says itself why it can't be judged. */
const unread: OutsideToken = {
  verdict: valid,
  time: '',
  authority: '',
  policy: '',
  isRevocationChecked: false,
  holdsUntilMs: undefined,
  algorithms: [],
}

interface Judgement {
  readonly verdict: Verdict
  readonly fact: RecordTimeStamp
}

function judge(
  { kind, algorithm, verdict: link }: RecordLink,
  tokens: readonly OutsideToken[],
  at: number,
  { retired = new Map(), atMs }: RecordExpectation,
): Judgement {
  const token = present(tokens[at])
  const next = tokens[at + 1]
  const ownMs = Date.parse(token.time)
  const untilMs = Math.max(ownMs, next === undefined ? (atMs ?? ownMs) : Date.parse(next.time))
  const algorithms = [...new Set([...(algorithm ? [algorithm] : []), ...token.algorithms])]
  const verdict = combine([
    link,
    token.verdict,
    next !== undefined && Date.parse(next.time) < ownMs
      ? invalid('wrong-order', 'a renewal is older than what it renews', 'timeStamp')
      : valid,
    lasting({ ...token, algorithms }, untilMs, retired),
  ])
  const { time, authority, policy, isRevocationChecked, holdsUntilMs } = token
  return {
    verdict,
    fact: {
      kind,
      status: verdict.status,
      time,
      authority,
      policy,
      algorithms,
      holdsUntil: holdsUntilMs === undefined ? null : new Date(holdsUntilMs).toISOString(),
      isRevocationChecked,
    },
  }
}

/** Whether what a token rests on still held when it was renewed, or is looked at. */
export function lasting(
  { authority, holdsUntilMs, algorithms }: OutsideToken,
  untilMs: number,
  retired: Retirements,
): Verdict {
  const gone = retiredAmong(retired, algorithms, untilMs)
  return combine([
    holdsUntilMs !== undefined && holdsUntilMs < untilMs
      ? cannotTell(`a renewal before ${dateOf(holdsUntilMs)}, when the path of ${authority} ended`)
      : valid,
    gone === undefined
      ? valid
      : cannotTell(`a renewal before ${dateOf(gone.dateMs)}, when ${gone.algorithm} was retired`),
  ])
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** Of a record all of whose digests are known: that it names those it uses (RFC 4998 section 3.1). */
function algorithmsVerdict(record: EvidenceRecord, links: readonly RecordLink[]): Verdict {
  return links.some(({ algorithm }) => algorithm === undefined) || namesItsAlgorithms(record)
    ? valid
    : invalid('bad-record', 'the record names other digests than those it uses', 'digestAlgorithms')
}
