import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { Parser, type Result } from 'tap-parser'

/** One line of a test's protocol (TAP 14), with the lines of the test that it closes. */
export interface Point {
  name: string
  isOk: boolean
  /** Why it was skipped or is still to be written; undefined when it ran. */
  skipped: string | undefined
  /** What went wrong, as the test runner describes it. */
  diagnosis: unknown
  points: Point[]
}

type Hearing = (point: Point) => void

const tapProgram = createRequire(import.meta.url)
  .resolve('tap/package.json')
  .replace('package.json', 'dist/esm/run.mjs')

/**
 * Runs test files with tap.
 * @param args files and options of `tap run`; no file stands for all of .taprc's
 * @param heard what to do with each file, and with each test that stands directly in a file, as it ends
 * @returns the files
 */
export async function runTap(args: string[], ...heard: Hearing[]): Promise<Point[]> {
  const child = spawn(process.execPath, [tapProgram, 'run', '--reporter=tap', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const parser = new Parser()
  const points = collect(parser, heard)
  child.stdout.pipe(parser)
  await new Promise((resolve) => parser.once('complete', resolve))
  return points
}

/** The tests of a protocol that is there as a whole. */
export function pointsIn(protocol: string): Point[] {
  const parser = new Parser()
  const points = collect(parser, [])
  parser.end(protocol)
  return points
}

function collect(parser: Parser, [hear, ...hearInner]: Hearing[]): Point[] {
  const points: Point[] = []
  let inner: Point[] = []
  parser.on('child', (child: Parser) => {
    inner = collect(child, hearInner)
  })
  parser.on('assert', (result: Result) => {
    const point = pointOf(result, inner)
    inner = []
    points.push(point)
    hear?.(point)
  })
  parser.on('bailout', (reason: unknown) => {
    points.push({
      name: `bail out: ${String(reason)}`,
      isOk: false,
      skipped: undefined,
      diagnosis: undefined,
      points: [],
    })
  })
  return points
}

function pointOf({ name, ok, skip, todo, diag }: Result, points: Point[]): Point {
  const diagnosis: unknown = diag
  const reason = skip === false ? todo : skip
  return {
    name,
    isOk: ok || todo !== false,
    skipped: reason === false ? undefined : String(reason),
    diagnosis,
    points,
  }
}
