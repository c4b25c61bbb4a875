import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { pointsIn, type Point } from '../running/protocol.ts'
import { ownProgram, project } from './programs.ts'

const reporter = fileURLToPath(import.meta.resolve('c8/bin/c8.js'))

/**
 * Runs all tests of a workspace, each as a test of this one under its own name, and fails for every statement, branch and
 * function of its `src` that none of them reached, named by file and line. Counts by V8, as tap does.
 */
export async function covered(t: Test, workspace: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'probant-coverage-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const counts = join(folder, 'counts')
  for (const file of await filesIn(join(workspace, 'test'), '.test.ts')) {
    const ended = await ownProgram(file, [], { NODE_V8_COVERAGE: counts, TAP_TIMEOUT: '120' })
    await t.test(file, async (t) => {
      for (const point of pointsIn(ended.stdout)) await repeat(t, point)
      t.equal(ended.code, 0, `ends in order${ended.code === 0 ? '' : `: ${ended.stderr}`}`)
    })
  }
  const words = `report --reporter=json --temp-directory=${counts} --reports-dir=${folder} --include=${workspace}/src/**`
  const { code, stderr } = await ownProgram(reporter, words.split(' '))
  t.equal(code, 0, stderr)
  const read: (text: string) => Record<string, FileCoverage> = JSON.parse
  const report = read(await readFile(join(folder, 'coverage-final.json'), 'utf8'))
  t.same(Object.values(report).flatMap(unreached), [], 'each statement, branch and function')
  t.same(await unloaded(workspace, Object.keys(report)), [], 'each file is loaded by a test')
}

/** One test of another process as a test of this one. */
async function repeat(t: Test, { name, isOk, skipped, diagnosis, points }: Point): Promise<void> {
  if (skipped !== undefined) await t.test(name, { skip: skipped }, () => undefined)
  else if (points.length === 0) t.ok(isOk, name, isOk ? {} : { diagnosis })
  else
    await t.test(name, async (t) => {
      for (const point of points) await repeat(t, point)
    })
}

async function filesIn(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(join(project, folder), { recursive: true })
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .toSorted()
}

interface Span {
  readonly start: { readonly line: number }
}

/** What istanbul's format says of a file. */
interface FileCoverage {
  readonly path: string
  readonly statementMap: Record<string, Span>
  readonly s: Record<string, number>
  readonly fnMap: Record<string, { readonly loc: Span }>
  readonly f: Record<string, number>
  readonly branchMap: Record<string, { readonly locations: readonly Span[] }>
  readonly b: Record<string, readonly number[]>
}

function unreached(file: FileCoverage): string[] {
  const at = (line: number | undefined, what: string) =>
    `${relative(project, file.path)}:${line ?? '?'} ${what}`
  const never = (counts: Record<string, number>): string[] =>
    Object.keys(counts).filter((id) => counts[id] === 0)
  return [
    ...never(file.s).map((id) => at(file.statementMap[id]?.start.line, 'line')),
    ...never(file.f).map((id) => at(file.fnMap[id]?.loc.start.line, 'function')),
    ...Object.entries(file.b).flatMap(([id, counts]) =>
      counts.flatMap((count, arm) =>
        count === 0 ? [at(file.branchMap[id]?.locations[arm]?.start.line, 'branch')] : [],
      ),
    ),
  ]
}

/** Files with more than types that no test loads, so that the report doesn't know them. */
async function unloaded(workspace: string, known: readonly string[]): Promise<string[]> {
  const files = await filesIn(join(workspace, 'src'), '.ts')
  const unknown = files.filter((file) => !known.includes(join(project, file)))
  const contents = await Promise.all(
    unknown.map(async (file) => {
      const exported: unknown = await import(join(project, file))
      const isEmpty = typeof exported === 'object' && Object.keys(exported ?? {}).length === 0
      return isEmpty ? [] : [file]
    }),
  )
  return contents.flat()
}
