import { interruption, ownLanguage, parseRate } from '@probant/host'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { join } from 'node:path'
import type { CeremonyCommandOptions } from './commands/ceremony.ts'
import type { CheckShareOptions } from './commands/check-share.ts'
import type { CommandContext } from './commands/reach.ts'
import { registerSealCertificate } from './commands/seal-certificate-options.ts'
import { registerRenewals } from './commands/renewals-options.ts'
import { registerRetention } from './commands/retention-options.ts'
import { registerRotation } from './commands/rotate-options.ts'
import { registerTpm } from './commands/tpm-options.ts'
import type { DepositOptions } from './commands/deposit.ts'
import type { DestroyOptions } from './commands/destroy.ts'
import type { FsckOptions } from './commands/fsck.ts'
import type { GetOptions } from './commands/get.ts'
import type { InventoryOptions } from './commands/inventory.ts'
import type { ProofsOptions } from './commands/proofs.ts'
import type { RestituteOptions } from './commands/restitute.ts'
import type { RecoverOptions } from './commands/recover.ts'

/** Adds `deposit`, `get`, `proofs`, `destroy`, `restitute`, `retention …`, `hold …` and `box …` to the command line. */
export function register(program: Command, context: CommandContext): void {
  const reaching = (command: Command) =>
    command
      .option('--api <url>', 'address of the box’s API, ending in /api/v1 (or PROBANT_API)')
      .option('--token <token>', 'API token (or PROBANT_TOKEN)')
      .option('--vault <id>', 'vault (default: the demo’s)')
      .option('--json', 'print JSON')
  reaching(program.command('deposit').description('deposit a file, or several as one object'))
    .argument('<file...>')
    .option('--title <title>', 'title (default: the first file’s name)')
    .option('--idempotency-key <key>', 'safe to repeat under the same key')
    .option('--receipt <file>', 'keep the receipt in a file')
    .option('--retention-class <name>', 'how long to keep it (default: the vault’s class)')
    .option('--resumable', 'send one file in pieces: a line that breaks off is gone on from')
    .option('--upload <id>', 'go on with an upload that an earlier command began')
    .action(async (files: string[], options: DepositOptions) => {
      const { deposit } = await import('./commands/deposit.ts')
      await deposit(context, files, options)
    })
  reaching(program.command('get').description('fetch a document, checked against its digests'))
    .argument('<id>')
    .option('--file <number>', 'which of its files, where it has several', wholeNumber)
    .option('--output <file>', 'where to write it (default: its own name)')
    .option('--proof <file>', 'fetch its evidence bundle too')
    .action(async (id: string, options: GetOptions) => {
      const { get } = await import('./commands/get.ts')
      await get(context, id, options)
    })
  reaching(
    program
      .command('proofs')
      .description(
        'fetch the evidence bundles of several documents, or of a whole vault, as one zip',
      ),
  )
    .argument('[id...]', 'the documents')
    .requiredOption('--output <file>', 'where to write it')
    .option('--all', 'every document of the vault')
    .option('--no-content', 'without the documents themselves')
    .action(async (ids: string[], options: ProofsOptions) => {
      const { proofs } = await import('./commands/proofs.ts')
      await proofs(context, ids, options)
    })

  reaching(program.command('destroy').description('destroy a document for good, with its proof'))
    .argument('<id>')
    .requiredOption('--reason <reason>', 'why')
    .option('--proof <file>', 'where to write the proof of destruction')
    .action(async (id: string, options: DestroyOptions) => {
      const { destroy } = await import('./commands/destroy.ts')
      await destroy(context, id, options)
    })
  reaching(
    program
      .command('restitute')
      .description('take a document back: read and confirmed here, then destroyed in the vault'),
  )
    .argument('<id>')
    .requiredOption('--reason <reason>', 'why')
    .option('--output <folder>', 'where to write its files', '.')
    .option('--proof <file>', 'where to write the proof of destruction')
    .action(async (id: string, options: RestituteOptions) => {
      const { restitute } = await import('./commands/restitute.ts')
      await restitute(context, id, options)
    })
  registerRetention(program, context, reaching)

  reaching(program.command('inventory').description('fetch the list of all that a vault holds'))
    .requiredOption('--output <file>', 'where to write it')
    .addOption(new Option('--format <format>').choices(['csv', 'pdf']).default('csv'))
    .action(async (options: InventoryOptions) => {
      const { inventory } = await import('./commands/inventory.ts')
      await inventory(context, options)
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
    .addHelpText(
      'after',
      '\nExit code: 0 all is as it was written, 1 any difference, 2 it could not work, 3 interrupted (run it again to go on).',
    )
    .option('--rate <MiB/s>', 'read no more than this (default: as fast as it goes)', rate)
    .option('--restart', 'begin anew, even where an interrupted pass could be gone on with')
    .option('--json', 'print JSON')
    .action(async (options: FsckOptions) => {
      const { fsck } = await import('./commands/fsck.ts')
      // What keeps it from working is no difference.
      process.exitCode = 2
      process.exitCode = await fsck(options, interruption())
    })
  const inLanguage = (command: Command) =>
    command.addOption(
      new Option('--language <language>', 'of questions, sheets and check words')
        .choices(['fr', 'en'])
        .default(ownLanguage()),
    )
  inLanguage(
    settings(
      box
        .command('ceremony')
        .description(
          'key ceremony: make the recovery key, hand its shares to holders, declare its public half',
        ),
    ),
  )
    .option('--holders <number>', 'how many holders (default: asked)', wholeNumber)
    .option('--needed <number>', 'how many of them recover (default: asked)', wholeNumber)
    .option(
      '--sheets <folder>',
      'write one sheet a holder there, for printing (default: shown on the screen)',
    )
    .option('--replace', 'replace the recovery key of an earlier ceremony')
    .option('--json', 'print JSON when it was held')
    .action(async (options: CeremonyCommandOptions) => {
      const { ceremony } = await import('./commands/ceremony.ts')
      await ceremony(options)
    })
  inLanguage(
    settings(
      box
        .command('recover')
        .description(
          'on new hardware, with the restored folder and database: new keys, vaults opened by the holders’ shares',
        ),
    ),
  )
    .option('--share <files...>', 'files that hold shares (default: asked)')
    .option('--json', 'print JSON')
    .action(async (options: RecoverOptions) => {
      const { recover } = await import('./commands/recover.ts')
      process.exitCode = await recover(options)
    })
  box
    .command('check-share')
    .description('read one share, from its sheet or typed, and show its check words')
    .addOption(
      new Option(
        '--language <language>',
        'of the check words (default: that of the sheet)',
      ).choices(['fr', 'en']),
    )
    .argument('[file]', 'file with the sheet (default: asked)')
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, options: CheckShareOptions) => {
      const { checkShare } = await import('./commands/check-share.ts')
      await checkShare(file, options)
    })
  registerRotation(box, settings)
  registerRenewals(box, settings)
  registerSealCertificate(box, context)
  registerTpm(box, settings)
  settings(
    box.command('initialise').description('make keys, tables and the first administrator of a box'),
  ).action(async (options: { settings: string }) => {
    const { initialise } = await import('./initialise.ts')
    process.stdout.write(`${JSON.stringify(await initialise(options.settings))}\n`)
  })
}

function rate(text: string): number {
  const value = parseRate(text)
  if (value === undefined)
    throw new InvalidArgumentError('A number of MiB a second is needed, for example 20.')
  return value
}

function wholeNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('A whole number is needed.')
  return Number(text)
}
