import type { Settings } from '../settings.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** How patient the centre is with channels, and how often it shows that they work, in ms; null: never. */
export interface Periods {
  fallbackAfterMs: number
  testEveryMs: number | null
  confirmWithinMs: number
  allClearEveryMs: number | null
}

/** What the settings say, with the defaults that the documentation names. */
export function periods({ alerts = {} }: Pick<Settings, 'alerts'>): Periods {
  const {
    fallbackAfterMinutes = 15,
    testEveryDays = 7,
    confirmWithinDays = 3,
    allClearEveryDays = 7,
  } = alerts
  return {
    fallbackAfterMs: fallbackAfterMinutes * MINUTE_MS,
    testEveryMs: testEveryDays === null ? null : testEveryDays * DAY_MS,
    confirmWithinMs: confirmWithinDays * DAY_MS,
    allClearEveryMs: allClearEveryDays === null ? null : allClearEveryDays * DAY_MS,
  }
}
