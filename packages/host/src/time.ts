import { HostError } from './errors.ts'

const PATTERN =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

/**
 * An instant as RFC 3339 text in UTC with exactly three decimals: `2026-01-05T08:00:00.000Z`.
 * @throws HostError `bad-time` unless `ms` is a whole number within the years 0000 to 9999
 */
export function formatTime(ms: number): string {
  const text = Number.isInteger(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : ''
  if (!PATTERN.test(text)) throw new HostError('bad-time', `not an instant of this calendar: ${ms}`)
  return text
}

/**
 * The inverse of {@link formatTime}: milliseconds since 1970-01-01T00:00:00Z.
 * Strict: one spelling per instant, no leap second, no other zone or precision.
 * @throws HostError `bad-time`
 */
export function parseTime(text: string): number {
  const ms = PATTERN.test(text) ? Date.parse(text) : Number.NaN
  // Date.parse turns 30 February into 2 March
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== text)
    throw new HostError('bad-time', `not an RFC 3339 instant in UTC with milliseconds: ${text}`)
  return ms
}
