import {
  claimedJournalState,
  emptyJournalState,
  parseCheckpoint,
  parseNote,
  toHex,
  verifyCosignatures,
  verifySegment,
  type Anchors,
  type Finding,
  type Segment,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import type { Answer } from '@probant/verification'

/** A witness who signed a checkpoint, verified with a key that was given. */
export interface WitnessedHead {
  readonly size: number
  readonly name: string
  readonly time: string
}

/** What can be said of one journal from the segments given. */
export interface JournalReport {
  readonly origin: string
  /** First and last trace of the segments. */
  readonly from: number
  readonly to: number
  readonly findings: readonly Finding[]
  /** Sizes of the checkpoints whose signatures were verified. */
  readonly signedSizes: readonly number[]
  readonly witnessed: readonly WitnessedHead[]
}

/** The answer over all journals: one contradiction is enough. */
export function answerOf(reports: readonly JournalReport[]): Answer {
  const findings = reports.flatMap((report) => report.findings)
  if (findings.some((finding) => finding.answer === 'invalid')) return 'invalid'
  return findings.length === 0 ? 'valid' : 'cannot-tell'
}

/** Verifies segments of any journals, in whatever order they were given. */
export async function verifyJournals(
  segments: readonly Segment[],
  anchors: Anchors,
): Promise<JournalReport[]> {
  const byOrigin = Map.groupBy(segments, (segment) => segment.origin)
  const reports: JournalReport[] = []
  for (const [origin, own] of [...byOrigin].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    reports.push(await verifyJournal(origin, own, anchors))
  }
  return reports
}

async function verifyJournal(
  origin: string,
  segments: readonly Segment[],
  anchors: Anchors,
): Promise<JournalReport> {
  const ordered = segments.toSorted((a, b) => a.start - b.start || endOf(a) - endOf(b))
  const keys = [...(anchors.journalKeys ?? []), ...(anchors.witnessKeys ?? [])]
  const known = new KnownTraces()
  const findings: Finding[] = []
  const signedSizes: number[] = []
  const witnessed: WitnessedHead[] = []
  const first = ordered[0]?.start ?? 0
  // What an earlier segment gave is held against the claims of the next; the first one's claims are all there is.
  let state = first === 0 ? emptyJournalState(nodeCrypto, origin) : undefined
  let end = first
  for (const segment of ordered) {
    if (segment.start > end) findings.push(notGiven(end, segment.start))
    const start = state?.size === segment.start ? state : claimedJournalState(nodeCrypto, segment)
    const verified = await verifySegment(nodeCrypto, start, segment, keys)
    findings.push(...known.compare(segment), ...verified.findings)
    if (verified.findings.length === 0) signedSizes.push(endOf(segment))
    witnessed.push(...(await witnessesOf(segment, anchors)))
    if (endOf(segment) >= end) {
      end = endOf(segment)
      state = verified.recomputed
    }
  }
  return {
    origin,
    from: first,
    to: end - 1,
    findings: findings.toSorted((a, b) => rank(a) - rank(b)),
    signedSizes,
    witnessed,
  }
}

/** Segments may overlap: the same trace has the same bytes in each. */
class KnownTraces {
  readonly #hashes = new Map<number, string>()

  compare(segment: Segment): Finding[] {
    const findings: Finding[] = []
    segment.traces.forEach((bytes, at) => {
      const seq = segment.start + at
      const hash = toHex(nodeCrypto.hash('sha256', bytes))
      const before = this.#hashes.get(seq)
      if (before !== undefined && before !== hash && findings.length === 0) {
        const expected = `trace ${seq} with SHA-256 ${before}, as in another segment`
        findings.push({
          kind: 'altered-trace',
          seq,
          expected,
          found: `SHA-256 ${hash}`,
          answer: 'invalid',
        })
      }
      this.#hashes.set(seq, before ?? hash)
    })
    return findings
  }
}

function notGiven(from: number, to: number): Finding {
  return {
    kind: 'gap',
    seq: from,
    expected: `a segment from trace ${from} on`,
    found: `the next segment given starts at ${to}`,
    answer: 'cannot-tell',
  }
}

async function witnessesOf(segment: Segment, anchors: Anchors): Promise<WitnessedHead[]> {
  try {
    const note = parseNote(segment.checkpoint)
    const { size } = parseCheckpoint(note.text)
    const found = await verifyCosignatures(nodeCrypto, note, anchors.witnessKeys ?? [])
    return found.flatMap(({ name, timestamp, answer }) =>
      answer === 'valid' && timestamp !== null
        ? [{ size, name, time: new Date(timestamp * 1000).toISOString() }]
        : [],
    )
  } catch {
    // A checkpoint that can't be read is a finding already.
    return []
  }
}

function endOf(segment: Segment): number {
  return segment.start + segment.traces.length
}

function rank({ seq }: Finding): number {
  return seq ?? Number.POSITIVE_INFINITY
}
