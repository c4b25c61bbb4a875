import { UnusableInput } from './unusable-input.ts'

/**
 * The time as of which evidence is judged, in milliseconds since 1970: a day (its beginning) or a second, in UTC; without either that of
 * the machine's clock, in whole seconds. UnusableInput for anything else.
 */
export function verifierTime(text: string | undefined, nowMs: number): number {
  if (text === undefined || text === '') return Math.floor(nowMs / 1000) * 1000
  const [, day = '', time = 'T00:00:00Z'] =
    /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}Z)?$/.exec(text) ?? []
  const ms = Date.parse(`${day}${time}`)
  // Engines roll over what doesn't exist: 30 February.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(day))
    throw new UnusableInput(
      `not a day or a second in UTC (2041-02-25, 2041-02-25T12:00:00Z): ${text}`,
    )
  return ms
}
