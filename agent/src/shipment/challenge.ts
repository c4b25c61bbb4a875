import type { Challenge, ShippedFinding } from '@probant/shipping'
import type { CentreSession } from '../centre/session.ts'
import type { LocalFindings } from '../findings/findings.ts'
import type { Positions } from '../journal/positions.ts'
import { segmentAsStored } from '../journal/segments.ts'
import type { JournalReader } from '../store/journal.ts'

export interface ChallengeParts {
  origin: string
  journal: JournalReader
  positions: Positions
  findings: LocalFindings
}

/**
 * Ships old segments once more, read from the database now, for the centre to compare with what it stored. What is missing
 * is told here too, since a segment without traces can't be sent.
 */
export async function answerChallenge(
  session: CentreSession,
  challenge: Challenge,
  parts: ChallengeParts,
): Promise<ShippedFinding[]> {
  const { origin, journal, positions, findings } = parts
  const found: ShippedFinding[] = []
  for (const { start, end } of challenge.segments) {
    const segment = await segmentAsStored(journal, origin, await positions.at(start), end)
    if (segment === undefined) {
      found.push(
        await findings.report({
          kind: 'gap',
          seq: start,
          expected: `traces ${start} to ${end - 1}, which the centre asks for again`,
          found: 'none of them in the database',
        }),
      )
      continue
    }
    const answer = await session.segment('challenge', segment.bytes)
    found.push(...(answer.findings ?? []))
  }
  return found
}
