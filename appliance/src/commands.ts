import type { Command } from 'commander'
import { join } from 'node:path'
import type { CommandContext } from './commands/reach.ts'
import type { DepositOptions } from './commands/deposit.ts'
import type { GetOptions } from './commands/get.ts'

/** Adds `deposit`, `get` and `box …` to the command line. */
export function register(program: Command, context: CommandContext): void {
  const reaching = (command: Command) =>
    command
      .option('--api <url>', 'address of the box’s API, ending in /api/v1 (or PROBANT_API)')
      .option('--token <token>', 'API token (or PROBANT_TOKEN)')
      .option('--vault <id>', 'vault (default: the demo’s)')
      .option('--json', 'print JSON')
  reaching(program.command('deposit').description('deposit a file in a vault'))
    .argument('<file>')
    .option('--title <title>', 'title (default: the file’s name)')
    .option('--idempotency-key <key>', 'safe to repeat under the same key')
    .option('--receipt <file>', 'keep the receipt in a file')
    .action(async (file: string, options: DepositOptions) => {
      const { deposit } = await import('./commands/deposit.ts')
      await deposit(context, file, options)
    })
  reaching(program.command('get').description('fetch a document, checked against its digests'))
    .argument('<id>')
    .option('--output <file>', 'where to write it (default: its own name)')
    .option('--proof <file>', 'fetch its evidence bundle too')
    .action(async (id: string, options: GetOptions) => {
      const { get } = await import('./commands/get.ts')
      await get(context, id, options)
    })

  const box = program.command('box').description('administration of this box')
  const settings = (command: Command) =>
    command.option(
      '--settings <file>',
      'settings of the vault service',
      join(context.home, 'settings', 'appliance.json'),
    )
  settings(box.command('status').description('state of the vault service, its journal, its keys'))
    .option('--json', 'print JSON')
    .action(async (options: { settings: string; json?: boolean }) => {
      const { status } = await import('./commands/status.ts')
      await status(options)
    })
  settings(
    box
      .command('fsck')
      .description(
        'recompute every digest, chain, tree and seal from stored bytes; exit 1 on any difference',
      ),
  )
    .option('--json', 'print JSON')
    .action(async (options: { settings: string; json?: boolean }) => {
      const { fsck } = await import('./commands/fsck.ts')
      process.exitCode = await fsck(options)
    })
  settings(
    box.command('initialise').description('make keys, tables and the first administrator of a box'),
  ).action(async (options: { settings: string }) => {
    const { initialise } = await import('./initialise.ts')
    process.stdout.write(`${JSON.stringify(await initialise(options.settings))}\n`)
  })
}
