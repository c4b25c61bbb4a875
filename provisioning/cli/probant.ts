import { Command, CommanderError } from 'commander'
import { ProvisioningError } from '../src/errors.ts'
import { readLayout } from '../src/installation/layout.ts'
import { CommandModules, type CommandContext } from './modules.ts'
import project from '../../package.json' with { type: 'json' }

const BAD_USAGE = 2

/** The `probant` command: finds out whose command is asked for and lets its component do the work. */
async function run(words: string[]): Promise<number> {
  const program = new Command('probant')
    .description('Digital vault with supervised, provable journals: the command line.')
    .version(project.version)
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
  const context: CommandContext = { home: readLayout(process.env, process.cwd()).home }
  const modules = new CommandModules(context)
  const first = words.find((word) => !word.startsWith('-'))
  const problems = await modules.registerFor(program, first)
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode()
  } catch (error) {
    if (error instanceof CommanderError) return usageExit(error)
    process.stderr.write(`${sentence(error)}\n`)
    // a command that set a code of its own means it, also when it then throws
    return exitCode() === 0 ? exitCodeOf(error) : exitCode()
  }
}

/** commander printed what there is to say: help and version are answers, the rest is bad usage. */
function usageExit({ code, exitCode: asked }: CommanderError): number {
  if (code === 'commander.helpDisplayed' || code === 'commander.version') return 0
  return asked === 0 ? 0 : BAD_USAGE
}

function exitCode(): number {
  return Number(process.exitCode ?? 0)
}

/** An error may carry the code that its command promises. */
function exitCodeOf(error: unknown): number {
  if (typeof error === 'object' && error !== null && 'exitCode' in error)
    return typeof error.exitCode === 'number' ? error.exitCode : 1
  return error instanceof ProvisioningError && error.code === 'bad-environment' ? BAD_USAGE : 1
}

/** One line, without a stack: PROBANT_DEBUG=1 shows it to whoever looks for a fault of the program. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return process.env['PROBANT_DEBUG'] === '1' ? (error.stack ?? error.message) : error.message
}

// `probant … | head` closes the pipe early
process.stdout.on('error', () => process.exit())

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${sentence(error)}\n`)
  return exitCodeOf(error)
})
