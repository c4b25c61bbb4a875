/**
 * `npm run check -- NAME`: one acceptance suite alone, one line for each bullet of what was ordered.
 * Exit 0 when all hold, 1 when one doesn't, 2 when there is no such suite.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runTap, type Point } from './running/protocol.ts'
import { failures } from './running/report.ts'

const ENDING = '.test.ts'
const folder = join(import.meta.dirname, 'acceptance')

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function verdict({ isOk, skipped }: Point): string {
  if (skipped !== undefined) return `skipped (${skipped})`
  return isOk ? 'ok' : 'not ok'
}

const known = readdirSync(folder)
  .filter((file) => file.endsWith(ENDING))
  .map((file) => file.slice(0, -ENDING.length))
const [name, ...rest] = process.argv.slice(2)

if (name === undefined || rest.length > 0 || !known.includes(name)) {
  const fault =
    name === undefined ? 'Name a suite' : `There is no suite "${[name, ...rest].join(' ')}"`
  process.stderr.write(`${fault}: npm run check -- NAME, with one of ${known.join(', ')}.\n`)
  process.exit(2)
}

process.chdir(join(import.meta.dirname, '..'))
const [file] = await runTap(
  [`test/acceptance/${name}${ENDING}`, '--timeout=3600'],
  () => undefined,
  (bullet) => {
    say(`${bullet.name}: ${verdict(bullet)}`)
    for (const line of failures(bullet, [''])) say(line)
  },
)
if (file?.isOk !== true && file?.points.every(({ isOk }) => isOk) === true)
  say(`the suite as a whole: not ok ${JSON.stringify(file.diagnosis)}`)
process.exitCode = file?.isOk === true ? 0 : 1
