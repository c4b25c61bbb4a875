import { join } from 'node:path'
import { ownLanguage } from '@probant/host'
import { Option, type Command } from 'commander'
import type { ConfirmationOptions } from './commands/confirm-enrolment.ts'

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

  supervisor
    .command('confirm-enrolment')
    .description('follow a box by the twelve words that were read at it; prints four to read back')
    .argument('<words...>', 'the twelve words')
    .requiredOption('--centre <url>', "the centre's API, for example https://centre.example/api/v1")
    .requiredOption('--code-file <file>', 'file with the code that was given out for the box')
    .requiredOption('--token-file <file>', "file with the operator's token")
    .addOption(
      new Option('--language <language>', 'of the words to read back')
        .choices(['fr', 'en'])
        .default(ownLanguage()),
    )
    .option('--json', 'print JSON')
    .action(async (words: string[], options: ConfirmationOptions) => {
      const { confirmEnrolment } = await import('./commands/confirm-enrolment.ts')
      process.exitCode = await confirmEnrolment(words, options)
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
