import {
  canonicalBytes,
  decodeSegment,
  emptyJournalState,
  EvidenceError,
  equalBytes,
  fromUtf8,
  journalStateFromJson,
  journalStateToJson,
  parseCanonical,
  parseVkey,
  toBase64,
  toHex,
  utf8,
  verifyAuditReceipt,
  type JournalState,
  type Segment,
} from '@probant/evidence'
import type { Pace } from '@probant/host'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { classify } from '../findings/catalogue.ts'
import { factOf } from '../findings/fact.ts'
import { forksFromHeads } from '../intake/signed-before.ts'
import { verifyNext } from '../intake/verification.ts'
import { cosignedHeads } from '../store/cosigned-heads.ts'
import type { Origin } from '../store/origins.ts'
import { segmentsFrom, type StoredSegment } from '../store/segments.ts'
import type { Difference } from './difference.ts'
import { auditHead } from './heads.ts'
import type { OriginPosition } from './position.ts'

const SEGMENTS_AT_ONCE = 100

export interface OriginAudit {
  readonly traces: number
  readonly segments: number
  readonly heads: number
  /** The first bad place of what was recomputed, and what contradicts the origin's row. */
  readonly differences: readonly Difference[]
}

export interface OriginPass {
  readonly pace: Pace
  readonly from: OriginPosition | undefined
  /** After each segment. */
  readonly reached: (position: OriginPosition) => Promise<void>
}

/**
 * Recomputes what is stored of one origin, from the files' bytes: every trace, the receipts given for them, and every head that was
 * cosigned. Beyond the first trace that is wrong there is nothing to hold the rest against.
 */
export async function auditOrigin(
  context: Context,
  origin: Origin,
  { pace, from, reached }: OriginPass,
): Promise<OriginAudit> {
  const { crypto, database, keys } = context
  const witnessKeys = keys.witnessVkeys.map((key) => parseVkey(key, crypto))
  let state =
    from === undefined
      ? emptyJournalState(crypto, origin.origin)
      : journalStateFromJson(crypto, parseCanonical(utf8(from.state)))
  let { segments, heads } = from ?? { segments: 0, heads: 0 }
  const ended = (differences: readonly Difference[]): OriginAudit => ({
    traces: state.size,
    segments,
    heads,
    differences,
  })
  const auditHeads = async (after: number, upTo: number): Promise<Difference[]> => {
    const found: Difference[] = []
    for (const head of await cosignedHeads(database, origin, after, upTo)) {
      found.push(...(await auditHead(context, origin, witnessKeys, head)))
      heads += 1
    }
    return found
  }
  while (segments < origin.segmentCount) {
    const limit = Math.min(SEGMENTS_AT_ONCE, origin.segmentCount - segments)
    const rows = await segmentsFrom(database, origin, segments, limit)
    if (rows.length === 0) break
    for (const row of rows) {
      const next = await auditSegment(context, { ...origin, state }, row, segments)
      if (!('state' in next)) return ended([next])
      const inHeads = await auditHeads(state.size, next.state.size)
      if (inHeads.length > 0) return ended(inHeads)
      state = next.state
      segments += 1
      await reached({ origin: origin.origin, state: asText(state), segments, heads })
      await pace.took(row.sizeBytes)
    }
  }
  const beyond = await auditHeads(state.size, Number.MAX_SAFE_INTEGER)
  return ended([...againstRow(origin, state, segments), ...beyond])
}

/** The state after a stored segment, or what is wrong with it. */
async function auditSegment(
  context: Context,
  origin: Origin,
  row: StoredSegment,
  ordinal: number,
): Promise<{ state: JournalState } | Difference> {
  const { crypto, bytes, keys } = context
  const wrong = (seq: number | null, expected: string, found: string): Difference => ({
    place: origin.origin,
    seq,
    expected,
    found,
  })
  const { size } = origin.state
  if (row.ordinal !== ordinal || row.start !== size)
    return wrong(
      size,
      `segment ${ordinal}, from ${size}`,
      `segment ${row.ordinal}, from ${row.start}`,
    )
  let segment: Segment
  try {
    segment = decodeSegment(await bytes.get(row.sha256))
  } catch (error) {
    const isKnown = error instanceof SupervisorError && error.code === 'stored-bytes-altered'
    if (!isKnown && !(error instanceof EvidenceError)) throw error
    return wrong(size, `the stored segment ${toHex(row.sha256)}`, error.message)
  }
  const { findings, state } = await verifyNext(crypto, origin, segment)
  const bad = findings.find((finding) => classify(factOf(origin.origin, finding).kind).refusesData)
  if (state === undefined || bad !== undefined)
    return wrong(bad?.seq ?? size, bad?.expected ?? 'a whole segment', bad?.found ?? 'another')
  if (state.size !== row.end) return wrong(size, `traces up to ${row.end}`, `up to ${state.size}`)
  const [fork] = await forksFromHeads(context, origin, segment)
  if (fork !== undefined) return wrong(fork.seq, fork.expected, fork.found)
  const auditKey = parseVkey(keys.auditVkey, crypto)
  const { verdict, receipt } = await verifyAuditReceipt(crypto, row.receipt, [auditKey])
  const isItsReceipt =
    verdict.status === 'valid' &&
    receipt?.origin === origin.origin &&
    receipt.size === state.size &&
    equalBytes(receipt.root, state.range.root())
  return isItsReceipt
    ? { state }
    : wrong(
        size,
        `this centre’s receipt over ${state.size} traces`,
        'another, or none that verifies',
      )
}

/** What was recomputed against what the origin's row counts, and goes on from. */
function againstRow(origin: Origin, state: JournalState, segments: number): Difference[] {
  const { size } = state
  const wrong = (expected: string, found: string): Difference[] => [
    { place: origin.origin, seq: size, expected, found },
  ]
  if (segments !== origin.segmentCount)
    return wrong(`${origin.segmentCount} segments, as counted`, `${segments}`)
  if (asText(state) !== asText(origin.state))
    return wrong('the state that was recomputed', `another, over ${origin.state.size} traces`)
  const { audited, witnessed } = origin
  if ((audited?.size ?? 0) !== size || (audited !== null && !isRoot(audited.root, state)))
    return wrong(`${size} traces audited`, `${audited?.size ?? 0}, as counted`)
  if ((witnessed?.size ?? 0) < size)
    return wrong(`at least ${size} traces witnessed`, `${witnessed?.size ?? 0}, as counted`)
  if (witnessed?.size === size && !isRoot(witnessed.root, state))
    return wrong(
      `the root ${toBase64(state.range.root())}`,
      `${toBase64(witnessed.root)} witnessed`,
    )
  return []
}

const isRoot = (root: Uint8Array, { range }: JournalState): boolean =>
  equalBytes(root, range.root())

const asText = (state: JournalState): string => fromUtf8(canonicalBytes(journalStateToJson(state)))
