import { EvidenceError, parseTrace } from '@probant/evidence'
import type { Queryable } from '../store/journal.ts'
import { failedRenewals } from '../store/renewals.ts'

/** How close the end was when a failure was told. */
export type Stage = 'early' | 'near' | 'over'

/** Share of the time before an end in which a failure is told again, to the supervision centre as well. */
const NEAR_SHARE = 1 / 3

export function stageOf(endsMs: number, leadMs: number, nowMs: number): Stage {
  if (endsMs <= nowMs) return 'over'
  return endsMs - nowMs <= leadMs * NEAR_SHARE ? 'near' : 'early'
}

/** A failure that the journal tells of. */
export interface ToldFailure {
  /** RFC 3339: when the first record concerned stops proving, or stopped. */
  readonly ends: string
  readonly stage: string
}

/** Read from the journal, so that a restart tells nothing twice. */
export async function toldFailures(client: Queryable): Promise<ToldFailure[]> {
  return (await failedRenewals(client)).flatMap((bytes) => {
    try {
      const { ends, stage } = parseTrace(bytes).data
      return typeof ends === 'string' && typeof stage === 'string' ? [{ ends, stage }] : []
    } catch (error) {
      // A trace that can't be read is named by the journal's own recomputation.
      if (error instanceof EvidenceError) return []
      throw error
    }
  })
}
