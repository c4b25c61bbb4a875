import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Runs the programs `NAME<ending>` of a folder, those named or all, one after the other, and ends this
 * process: 0 when each ended with 0, 1 when one didn't, 2 when a name is unknown.
 */
export function runPrograms(folder: string, ending: string, names: string[]): never {
  const known = readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort()
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    process.stderr.write(
      `There is no "${unknown}": name some of ${known.join(', ')}, or none for all.\n`,
    )
    process.exit(2)
  }
  const failed = (names.length > 0 ? names : known).filter((name) => {
    const program = join(folder, name + ending)
    return spawnSync(process.execPath, [program], { stdio: 'inherit' }).status !== 0
  })
  if (failed.length > 0) process.stderr.write(`Failed: ${failed.join(', ')}\n`)
  process.exit(failed.length > 0 ? 1 : 0)
}
