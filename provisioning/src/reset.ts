import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { sentenceOf } from './console/sentence.ts'
import { ProvisioningError } from './errors.ts'
import { homePaths, readLayout } from './installation/layout.ts'
import { lockHome } from './installation/lock.ts'
import { endLeftovers } from './processes/leftovers.ts'

/** `npm run reset`: asks, then clears PROBANT_HOME; refuses while an installation runs on it. */
async function reset(home: string, answers: { yes: boolean }): Promise<string> {
  if (!existsSync(home)) return `There is nothing to clear: ${home} does not exist.`
  await checkIsInstallation(home)
  const unlock = await lockHome(home)
  try {
    if (!answers.yes && !(await confirmed(home)))
      return 'Nothing was cleared (npm run reset -- --yes clears without asking).'
    await endLeftovers(homePaths(home).processes)
    // the folder itself may be a mount point, or have been made by somebody else with rights of its own
    for (const name of await readdir(home)) await rm(join(home, name), { recursive: true })
    return `${home} is cleared; npm start makes a new installation.`
  } finally {
    await unlock()
  }
}

/** PROBANT_HOME may be mistyped: a folder that holds something else is left alone. */
async function checkIsInstallation(home: string): Promise<void> {
  const names = await readdir(home)
  const isOurs = existsSync(homePaths(home).state) || names.every((name) => name === 'logs')
  if (!isOurs)
    throw new ProvisioningError(
      'bad-environment',
      `${home} holds no installation of Probant, so nothing was cleared: check PROBANT_HOME.`,
    )
}

/** Asks on the terminal, or takes the answer from a pipe; no answer at all is a no. */
async function confirmed(home: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  const answer = await Promise.race([
    terminal.question(
      `This deletes ${home} with every document, journal and key in it. Type yes to go on: `,
    ),
    ended,
  ])
  terminal.close()
  return ['yes', 'y', 'oui', 'o'].includes(answer.trim().toLowerCase())
}

try {
  const unknown = process.argv.slice(2).find((given) => given !== '--yes')
  if (unknown !== undefined)
    throw new ProvisioningError(
      'bad-environment',
      `${unknown} is no option: npm run reset takes --yes only.`,
    )
  const { home } = readLayout(process.env, process.cwd())
  process.stdout.write(`${await reset(home, { yes: process.argv.includes('--yes') })}\n`)
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`)
  process.exitCode = 1
}
