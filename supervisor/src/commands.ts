import { join } from 'node:path'
import type { Command } from 'commander'

/** Where the command line finds the installation. */
export interface CommandContext {
  readonly home: string
}

interface Options {
  settings: string
  json?: boolean
  password?: string
}

/** Adds `supervisor …` to the command line. Modules are loaded when their command is called. */
export function register(program: Command, context: CommandContext): void {
  const supervisor = program.command('supervisor').description('the supervision centre')
  const withSettings = (command: Command) =>
    command.option(
      '--settings <file>',
      'settings of the supervision centre',
      join(context.home, 'settings', 'supervisor.json'),
    )

  withSettings(
    supervisor
      .command('initialise')
      .description('make keys, tables and the first operator; safe to repeat'),
  )
    .option('--password <password>', 'of the first operator (default: a random one)')
    .action(async ({ settings, password }: Options) => {
      const { initialiseByFile } = await import('./initialise.ts')
      await initialiseByFile(settings, password)
    })

  withSettings(
    supervisor
      .command('import')
      .description(
        'take journal segments that came by file; each receipt is written beside its file',
      )
      .argument('<files...>', 'files that `agent export` wrote'),
  )
    .option('--json', 'print JSON')
    .action(async (files: string[], { settings, json }: Options) => {
      const { importFiles } = await import('./commands/import.ts')
      process.exitCode = await importFiles(settings, files, json === true)
    })

  withSettings(
    supervisor
      .command('add-operator')
      .description('add an operator; prints a password and a token once')
      .argument('<name>', 'user name'),
  ).action(async (name: string, { settings }: Options) => {
    const { addOperator } = await import('./commands/add-operator.ts')
    process.exitCode = await addOperator(settings, name)
  })

  withSettings(
    supervisor.command('status').description('boxes, what was found about them, and open alerts'),
  )
    .option('--json', 'print JSON')
    .action(async ({ settings, json }: Options) => {
      const { printStatus } = await import('./commands/status.ts')
      process.exitCode = await printStatus(settings, json === true)
    })
}
