import type { Command } from 'commander'
import { interruption, systemClock } from '@probant/host'
import { attacks, missing, select } from '../src/drill/catalogue/index.ts'
import { drill } from '../src/drill/drill.ts'
import { listing, summaryLine, verdictLines } from '../src/drill/table.ts'
import { ProvisioningError } from '../src/errors.ts'
import type { CommandContext } from './modules.ts'

const UNUSABLE = 2

interface Options {
  readonly json?: boolean
  readonly list?: boolean
}

/** `probant drill`: the catalogue of attacks, on a copy of the running installation. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('drill')
    .description(
      'Carry out the catalogue of attacks on a copy of the running installation, which is only read.',
    )
    .argument('[ids...]', 'attacks by number (4: all of 4; 4a: that one); all without any')
    .option('--json', 'the verdicts as JSON, at the end')
    .option('--list', 'what the catalogue holds, and what is not carried out yet; does nothing')
    .addHelpText(
      'after',
      '\nExit code: 0 every attack was caught and nobody honest accused, 1 not so, 2 unusable: no running installation, an unknown number.',
    )
    .action(async (ids: string[], options: Options) => {
      process.exitCode = await run(ids, options, context)
    })
}

async function run(ids: string[], options: Options, { home }: CommandContext): Promise<number> {
  const { chosen, absent, unknown } = select(ids)
  if (unknown.length > 0)
    return unusable(`There is no attack ${unknown.join(', ')}: --list names all.`)
  if (options.list === true) {
    const [listed, notYet] = ids.length === 0 ? [attacks, missing] : [chosen, absent]
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify([...listed, ...notYet], undefined, 2)}\n`
        : `${listing(listed, notYet)}\n`,
    )
    return 0
  }
  if (chosen.length === 0)
    return unusable(
      absent.map(({ id, waitsFor }) => `${id} is not carried out: ${waitsFor}.`).join('\n'),
    )
  return carryOut()

  async function carryOut(): Promise<number> {
    const isJson = options.json === true
    try {
      const verdicts = await drill({
        home,
        clock: systemClock,
        attacks: chosen,
        tell: (verdict) => {
          const stream = isJson ? process.stderr : process.stdout
          stream.write(`${verdictLines(verdict)}\n`)
        },
        interrupted: interruption(),
      })
      const summary = summaryLine(verdicts, absent)
      process.stdout.write(isJson ? `${JSON.stringify(verdicts, undefined, 2)}\n` : `${summary}\n`)
      const isWhole = verdicts.length === chosen.length
      return isWhole && verdicts.every(({ passed }) => passed) ? 0 : 1
    } catch (error) {
      if (!(error instanceof ProvisioningError)) throw error
      return unusable(error.message)
    }
  }
}

function unusable(message: string): number {
  process.stderr.write(`${message}\n`)
  return UNUSABLE
}
