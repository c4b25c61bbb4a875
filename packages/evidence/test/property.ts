import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import type { Test } from 'tap'

/**
 * Runs a property and prints its seed, so that a failure can be replayed with PROBANT_SEED.
 */
export async function checkProperty<T>(
  t: Test,
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  runs = 100,
): Promise<void> {
  const seed = Number(process.env['PROBANT_SEED'] ?? randomInt(2 ** 31))
  t.comment(`seed ${seed}`)
  await fc.assert(property, { seed, numRuns: runs })
  t.pass(`${runs} runs`)
}
