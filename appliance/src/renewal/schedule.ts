import type { Retirements } from '@probant/evidence'
import type { RenewalSettings } from '@probant/timestamping'

export const DAY_MS = 86_400_000
const LEAD_DAYS = 90

/** When what proves is renewed. */
export interface RenewalSchedule {
  /** How long before its end. */
  readonly leadMs: number
  /** From when on an algorithm counts for nothing, milliseconds since 1970, by name. */
  readonly retired: Retirements
}

export function scheduleOf(settings: RenewalSettings | undefined): RenewalSchedule {
  const { leadDays = LEAD_DAYS, retired = {} } = settings ?? {}
  return {
    leadMs: leadDays * DAY_MS,
    retired: new Map(Object.entries(retired).map(([name, date]) => [name, Date.parse(date)])),
  }
}
