import type { Point } from './protocol.ts'
import { countTests } from './totals.ts'

/** One line a file: what it came to, and under it what failed, with the runner's description. */
export function fileReport(file: Point): string {
  const { passed, failed, skipped } = countTests(file)
  const mark = file.isOk ? 'ok    ' : 'not ok'
  const skips = skipped > 0 ? `, ${skipped} skipped` : ''
  const lines = [`${mark} ${file.name}: ${passed} passed, ${failed} failed${skips}`]
  return [...lines, ...failures(file, []), ...skipReasons(file)].join('\n')
}

/** What failed below a point, each with the names of the tests it stands in. */
export function failures(point: Point, within: string[]): string[] {
  if (point.isOk) return []
  const path = [...within, point.name]
  const inner = point.points.flatMap((each) => failures(each, path))
  if (inner.length > 0) return inner
  const title = path.slice(1).join(' › ') || point.name
  return [`       ✗ ${title}`, ...description(point.diagnosis)]
}

function skipReasons(point: Point): string[] {
  if (point.skipped !== undefined) return [`       – ${point.name}: ${point.skipped}`]
  return point.points.flatMap(skipReasons)
}

/** What the runner says about a failure; the source lines that it quotes are one click away anyway. */
function description(diagnosis: unknown): string[] {
  if (typeof diagnosis !== 'object' || diagnosis === null) return []
  return Object.entries(diagnosis)
    .filter(([key]) => key !== 'source')
    .flatMap(([key, value]: [string, unknown]) => {
      const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value)
      return `${key}: ${text}`.split('\n').map((line) => `         ${line}`)
    })
}
