import { equalBytes } from '@probant/evidence'

/** The first place where two versions of the same traces differ. */
export interface Difference {
  kind: 'altered-trace' | 'gap' | 'duplicated' | 'reordered'
  seq: number
  /** The trace as it was stored before. */
  stored: Uint8Array
  /** The trace as it came now; undefined when nothing came in its place. */
  shipped: Uint8Array | undefined
}

/**
 * Compares traces that were shipped before with what is shipped now for the same places, byte by byte.
 * @param start `seq` of the first of both
 * @param shipped may be longer: what is beyond the stored ones isn't compared
 */
export function firstDifference(
  start: number,
  stored: readonly Uint8Array[],
  shipped: readonly Uint8Array[],
): Difference | undefined {
  for (const [at, trace] of stored.entries()) {
    const found = shipped[at]
    if (isSame(trace, found)) continue
    const before = at === 0 ? undefined : stored[at - 1]
    return {
      kind: kindOf(before, stored[at + 1], shipped, at, trace),
      seq: start + at,
      stored: trace,
      shipped: found,
    }
  }
  return undefined
}

function kindOf(
  before: Uint8Array | undefined,
  next: Uint8Array | undefined,
  shipped: readonly Uint8Array[],
  at: number,
  trace: Uint8Array,
): Difference['kind'] {
  const found = shipped[at]
  if (found === undefined) return 'gap'
  if (next !== undefined && isSame(next, found))
    return isSame(trace, shipped[at + 1]) ? 'reordered' : 'gap'
  if (before !== undefined && isSame(before, found)) return 'duplicated'
  return 'altered-trace'
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && equalBytes(a, b)
}
