/**
 * `npm test`: everything that CI runs. Debian packages, then types, lint, dependency rules, dead code,
 * each counted as a test; then every test file. The very last line is `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process'
import { installMissingPackages } from './running/debian-packages.ts'
import { testFiles } from './running/files.ts'
import { runTap } from './running/protocol.ts'
import { fileReport } from './running/report.ts'
import { add, countTests, type Totals } from './running/totals.ts'

const root = `${import.meta.dirname}/..`
const given = process.argv.slice(2)

/** The same npm scripts that a developer calls one by one. */
const checks = ['types', 'lint', 'lint:deps', 'knip']

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function check(script: string): Totals {
  const { status, stdout, stderr } = npm('run', '--silent', script)
  const isOk = status === 0
  say(`${isOk ? 'ok    ' : 'not ok'} ${script}`)
  if (!isOk) say(`${stdout}${stderr}`)
  return { passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, skipped: 0 }
}

function npm(...args: string[]) {
  return spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
}

process.chdir(root)
const totals: Totals[] = []
if (given.length === 0) {
  installMissingPackages(say)
  totals.push(...checks.map(check))
}
// makes the runner of the plugins that .taprc asks for
npm('exec', '--', 'tap', 'build')
const files = await runTap(given.length === 0 ? testFiles(root) : given, (file) =>
  say(fileReport(file)),
)
totals.push(...files.map(countTests))
const { passed, failed, skipped } = add(totals)
say(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
