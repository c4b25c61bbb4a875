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
    return { state, findings: [finding] }
  }
  if (segment.start !== state.size) {
    const kind = segment.start > state.size ? 'gap' : 'duplicated'
    const seq = Math.min(segment.start, state.size)
    const found = `a segment from ${segment.start}`
    return { state, findings: [contradiction(kind, seq, `a segment from ${state.size}`, found)] }
  }
  const verifier = new JournalVerifier(crypto, state)
  const findings = headerFindings(state, segment)
  for (const trace of segment.traces) findings.push(...verifier.append(trace))
  findings.push(...(await verifier.checkpoint(segment.checkpoint, journalKeys)))
  const ordered = findings.toSorted((a, b) => rank(a) - rank(b))
  return { state: ordered.length === 0 ? verifier.state : state, findings: ordered }
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
