import type { Retention } from '@probant/evidence'
import { formatTime, parseTime } from '@probant/host'
import type { RetentionClass } from '../store/retention.ts'

const DAY_MS = 86_400_000

/** Until when an object is kept: a time, for ever, or until an event has come and so many days are over since. */
export type Term =
  | { readonly kind: 'until'; readonly ms: number }
  | { readonly kind: 'for-ever' }
  | { readonly kind: 'event-to-come' }

/** What a LAT says of the retention of an object that is deposited under a class now. */
export function retentionAtDeposit(of: RetentionClass, receivedAtMs: number): Retention {
  const term = termOf(of, receivedAtMs, undefined)
  return {
    class: of.name,
    days: of.days,
    earliestEnd: term.kind === 'until' ? formatTime(term.ms) : null,
  }
}

/** @param event `YYYY-MM-DD`, the day before whose end nothing counts */
function termOf(
  { days, starts, fate }: RetentionClass,
  receivedAtMs: number,
  event?: string,
): Term {
  if (days === null || fate === 'keep') return { kind: 'for-ever' }
  if (starts === 'deposit') return { kind: 'until', ms: receivedAtMs + days * DAY_MS }
  if (event === undefined) return { kind: 'event-to-come' }
  return { kind: 'until', ms: parseTime(`${event}T00:00:00.000Z`) + (days + 1) * DAY_MS }
}

/**
 * Until when an object is kept, by what its LAT says, what its class is now, and the event that it counts from.
 * @param now the class as the journal has it; undefined where it has none of that name: then the object is kept for ever
 */
export function currentTerm(
  { retention, receivedAt }: { readonly retention: Retention | null; readonly receivedAt: string },
  now: RetentionClass | undefined,
  event: string | undefined,
): Term | undefined {
  if (retention === null) return undefined
  const term = now === undefined ? FOR_EVER : termOf(now, parseTime(receivedAt), event)
  const { earliestEnd } = retention
  if (term.kind !== 'until' || earliestEnd === null) return term
  return { kind: 'until', ms: Math.max(term.ms, parseTime(earliestEnd)) }
}

const FOR_EVER: Term = { kind: 'for-ever' }

/** As answers and refusals say it. */
export const describeTerm = (term: Term) => ({
  until: term.kind === 'until' ? formatTime(term.ms) : null,
  kept: term.kind,
})
