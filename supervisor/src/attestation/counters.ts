import { factAt, type Fact } from '../findings/fact.ts'
import type { TpmCounts } from '../store/attestations.ts'
import type { Quote } from './quote.ts'

/** A TPM saves its clock at least every 2^22 ms; what a power cut takes may be shown again (part 1, section 36.3). */
const CLOCK_SAVED_EVERY_MS = 2 ** 22

/** Counts and clock of one TPM never go back, but for what a power cut takes from the clock. */
export function counterFacts(origin: string, known: TpmCounts | null, quote: Quote): Fact[] {
  if (known === null) return []
  const { resetCount, restartCount, clockMs, isClockSafe } = quote
  const isSameStart = resetCount === known.resetCount
  if (resetCount < known.resetCount || (isSameStart && restartCount < known.restartCount)) {
    const expected = `TPM counts of at least reset ${known.resetCount}, restart ${known.restartCount}`
    const found = `reset ${resetCount}, restart ${restartCount}`
    const fact = factAt(origin, 'hardware-counter-regression', null, expected, found)
    return [{ ...fact, key: `${fact.key}|${known.resetCount}|${known.restartCount}` }]
  }
  const tolerated = isSameStart || isClockSafe ? 0 : CLOCK_SAVED_EVERY_MS
  const atLeast = Math.max(0, known.clockMs - tolerated)
  if (clockMs >= atLeast) return []
  const expected = `a TPM clock of at least ${atLeast} ms`
  const fact = factAt(origin, 'clock-regression', null, expected, `${clockMs} ms`)
  return [{ ...fact, key: `${fact.key}|tpm|${known.clockMs}` }]
}
