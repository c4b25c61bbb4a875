import { join } from 'node:path'
import { interruption, ownLanguage, parseRate } from '@probant/host'
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { AuditOptions } from './commands/audit.ts'
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
      await initialiseByFile(settings, { password })
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

  const witness = supervisor
    .command('witness')
    .description('heads of journals that another centre follows')
  withSettings(
    witness
      .command('add-origin')
      .description('cosign the heads of a journal from now on; prints the keys that the box pins')
      .argument('<vkey>', "the journal's verifier key, as in journal.vkeys")
      .option('--name <name>', 'how people call the box'),
  ).action(async (vkey: string, { settings, name }: Options & { name?: string }) => {
    const { addOrigin } = await import('./commands/witness.ts')
    process.exitCode = await addOrigin(settings, vkey, name)
  })

  withSettings(
    supervisor
      .command('audit')
      .description(
        'recompute from stored bytes all that the centre vouches for: traces, receipts, cosigned heads, evidence, its own journal',
      )
      .argument('[boxes...]', 'boxes (default: all, and the alert journal)'),
  )
    .option('--rate <MiB/s>', 'read no more than this (default: as fast as it goes)', rate)
    .option('--restart', 'begin anew, even where an interrupted audit could be gone on with')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 all is as it was stored, 1 any difference, 2 it could not work, 3 interrupted (run it again to go on).',
    )
    .action(async (boxes: string[], options: AuditOptions) => {
      const { runAudit } = await import('./commands/audit.ts')
      // What keeps it from working is no difference.
      process.exitCode = 2
      process.exitCode = await runAudit(boxes, options, interruption())
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

function rate(text: string): number {
  const value = parseRate(text)
  if (value === undefined)
    throw new InvalidArgumentError('A number of MiB a second is needed, for example 20.')
  return value
}
