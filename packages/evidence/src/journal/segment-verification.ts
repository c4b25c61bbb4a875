import { equalBytes, toHex } from '../bytes.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import type { Segment } from '../segment.ts'
import type { VerifierKey } from '../vkey.ts'
import { contradiction, type Finding } from './finding.ts'
import type { JournalState } from './state.ts'
import { JournalVerifier } from './verifier.ts'

export interface SegmentVerification {
  /** After the segment when nothing was found, else the state given: what is in doubt is never gone on from. */
  readonly state: JournalState
  /**
   * After the segment as far as it was recomputed, when nothing in it is wrong but something (a key, say) may be
   * missing: to hold the next segment against, not to vouch for.
   */
  readonly recomputed: JournalState | undefined
  /** By seq, the first bad one first; then those without a seq. */
  readonly findings: readonly Finding[]
}

/**
 * Verifies a segment that starts where `state` ends: the header's claims against the state, every trace, the root
 * under the checkpoint, the checkpoint's signature. The state is not changed.
 *
 * @param journalKeys as JournalVerifier.checkpoint wants them
 */
export async function verifySegment(
  crypto: EvidenceCrypto,
  state: JournalState,
  segment: Segment,
  journalKeys: readonly VerifierKey[],
): Promise<SegmentVerification> {
  if (segment.origin !== state.origin) {
    const finding = contradiction(
      'wrong-box',
      null,
      `origin ${state.origin}`,
      `origin ${segment.origin}`,
    )
    return { state, recomputed: undefined, findings: [finding] }
  }
  if (segment.start !== state.size) {
    const kind = segment.start > state.size ? 'gap' : 'duplicated'
    const seq = Math.min(segment.start, state.size)
    const found = `a segment from ${segment.start}`
    const finding = contradiction(kind, seq, `a segment from ${state.size}`, found)
    return { state, recomputed: undefined, findings: [finding] }
  }
  const verifier = new JournalVerifier(crypto, state)
  const findings = headerFindings(state, segment)
  for (const trace of segment.traces) findings.push(...verifier.append(trace))
  findings.push(...(await verifier.checkpoint(segment.checkpoint, journalKeys)))
  const ordered = findings.toSorted((a, b) => rank(a) - rank(b))
  const isWrong = ordered.some((finding) => finding.answer === 'invalid')
  const recomputed = isWrong ? undefined : verifier.state
  const verified = ordered.length === 0 ? recomputed : undefined
  return { state: verified ?? state, recomputed, findings: ordered }
}

/** What the sender claims of the traces before, against what is known of them. */
function headerFindings(state: JournalState, segment: Segment): Finding[] {
  const claims: [string, Uint8Array[], readonly Uint8Array[]][] = [
    ['prev', [state.prev], [segment.prev]],
    ['range', state.range.hashes(), segment.range],
    ['sha3Chain', [state.sha3.head], [segment.sha3Chain]],
    ['sha3Range', state.sha3.range.hashes(), segment.sha3Range],
  ]
  return claims
    .filter(([, known, claimed]) => !known.every((hash, at) => isSame(hash, claimed[at])))
    .map(([name, known, claimed]) =>
      contradiction('broken-chain', segment.start, show(name, known), show(name, claimed)),
    )
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && equalBytes(a, b)
}

function show(name: string, hashes: readonly Uint8Array[]): string {
  return `${name} ${hashes.map(toHex).join(',')}`
}

function rank(finding: Finding): number {
  return finding.seq ?? Number.POSITIVE_INFINITY
}
