import type { Box } from '../box.ts'
import { BoxError } from '../errors.ts'
import type { Act } from '../journal/act.ts'
import { problemOf } from './problems.ts'

/** For an act that its own rules refused, not the journal: journals the refusal, then tells it to the caller. */
export function refused(box: Box, attempted: Pick<Act, 'act' | 'actorId' | 'hidden' | 'vault'>) {
  return async (error: unknown): Promise<never> => {
    if (error instanceof BoxError && error.code === 'conflict')
      await box.journal.record({ ...attempted, outcome: 'refused', data: { reason: error.code } })
    throw problemOf(error)
  }
}
