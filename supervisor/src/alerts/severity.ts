import { classify, isRaisedKind, type Severity } from '../findings/catalogue.ts'
import type { NewFinding } from '../store/findings.ts'

const HOUR_MS = 3_600_000

/** Between two reminders of an open alert, in ms: an hour, then longer, for as long as nobody acknowledges it. */
export function reminderDelayMs(severity: Severity, remindersSent: number): number {
  const firstMs = severity === 'alert' ? HOUR_MS : 12 * HOUR_MS
  return Math.min(firstMs * 2 ** remindersSent, 24 * HOUR_MS)
}

export function severest(findings: readonly NewFinding[]): Severity {
  return findings.some(({ kind }) => isRaisedKind(kind) && classify(kind).severity === 'alert')
    ? 'alert'
    : 'warning'
}
