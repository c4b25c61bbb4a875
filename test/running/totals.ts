import type { Point } from './protocol.ts'

/** What a run comes to. */
export interface Totals {
  passed: number
  failed: number
  skipped: number
}

/**
 * Counts tests, not assertions: a named test without named tests in it is one, and so are the
 * assertions that stand beside named tests. A test that failed as a whole (a crash, a time-out) while
 * all in it passed counts as one failure more.
 */
export function countTests(point: Point): Totals {
  if (point.points.length === 0) return single(point.skipped !== undefined, point.isOk)
  const named = point.points.filter(
    ({ points, skipped }) => points.length > 0 || skipped !== undefined,
  )
  const assertions = point.points.filter((each) => !named.includes(each))
  const totals = named.map(countTests)
  if (assertions.length > 0)
    totals.push(
      single(
        false,
        assertions.every(({ isOk }) => isOk),
      ),
    )
  const sum = add(totals)
  return point.isOk || sum.failed > 0 ? sum : add([sum, { passed: 0, failed: 1, skipped: 0 }])
}

export function add(all: Totals[]): Totals {
  return all.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  )
}

function single(isSkipped: boolean, isOk: boolean): Totals {
  if (isSkipped) return { passed: 0, failed: 0, skipped: 1 }
  return { passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, skipped: 0 }
}
