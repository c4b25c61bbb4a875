import type { Randomness } from '@probant/host'

/** A number in [0, 1) that nobody outside can foresee. */
export function fraction(randomness: Randomness): number {
  const [a = 0, b = 0, c = 0, d = 0] = randomness.bytes(4)
  return (((a * 256 + b) * 256 + c) * 256 + d) / 2 ** 32
}
