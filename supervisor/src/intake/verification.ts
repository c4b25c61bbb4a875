import {
  JournalVerifier,
  verifySegment,
  type EvidenceCrypto,
  type Finding,
  type JournalState,
  type Segment,
} from '@probant/evidence'
import { classify } from '../findings/catalogue.ts'
import { factOf } from '../findings/fact.ts'
import type { Origin } from '../store/origins.ts'
import { journalKeysFor } from '../witness/journal-keys.ts'

export interface NextVerification {
  readonly findings: readonly Finding[]
  /** After the segment; undefined where its bytes are in doubt. */
  readonly state: JournalState | undefined
}

/**
 * Verifies a segment that is to follow what was verified of its origin. Where a finding leaves the bytes what the box wrote (a clock
 * set back, a seal that is late), there is a state to go on from; where they are in doubt, there is none.
 */
export async function verifyNext(
  crypto: EvidenceCrypto,
  origin: Pick<Origin, 'origin' | 'journalKey' | 'formerJournalKeys' | 'state'>,
  segment: Segment,
): Promise<NextVerification> {
  const keys = journalKeysFor(origin, segment.checkpoint)
  const { findings, state } = await verifySegment(crypto, origin.state, segment, keys)
  if (findings.length === 0) return { findings, state }
  if (findings.some((finding) => classify(factOf(origin.origin, finding).kind).refusesData))
    return { findings, state: undefined }
  const verifier = new JournalVerifier(crypto, origin.state)
  for (const trace of segment.traces) verifier.append(trace)
  await verifier.checkpoint(segment.checkpoint, keys)
  return { findings, state: verifier.state }
}
