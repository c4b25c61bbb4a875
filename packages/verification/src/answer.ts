import type { Verdict } from '@probant/evidence'

/** What comes of a verification, `unusable` where there is nothing to judge. */
export type Answer = Verdict['status'] | 'unusable'

/** The exit codes that scripts rely on; saved reports state them as well. */
export const exitCodes = {
  valid: 0,
  invalid: 1,
  unusable: 2,
  'cannot-tell': 3,
} as const satisfies Record<Answer, number>
