/** The next instant after `nowMs` that is a whole multiple of the interval since midnight UTC, in milliseconds. */
export function nextInstant(nowMs: number, everySeconds: number): number {
  const dayMs = 86_400_000
  const midnightMs = Math.floor(nowMs / dayMs) * dayMs
  const everyMs = everySeconds * 1000
  const next = midnightMs + (Math.floor((nowMs - midnightMs) / everyMs) + 1) * everyMs
  return Math.min(next, midnightMs + dayMs)
}
