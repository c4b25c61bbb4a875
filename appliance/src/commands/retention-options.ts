import { InvalidArgumentError, Option, type Command } from 'commander'
import type { CommandContext } from './reach.ts'
import type { ClassOptions, HoldOptions, RetentionOptions } from './retention.ts'

/** Adds `retention …` and `hold …`. */
export function registerRetention(
  program: Command,
  context: CommandContext,
  reaching: (command: Command) => Command,
): void {
  const retention = program
    .command('retention')
    .description('how long documents are kept: classes, a vault’s default, dated events')
  reaching(retention.command('list').description('the classes')).action(
    async (options: RetentionOptions) => {
      const { listClasses } = await import('./retention.ts')
      await listClasses(context, options)
    },
  )
  reaching(retention.command('create').description('make a class'))
    .argument('<name>')
    .requiredOption('--days <days>', 'how long: a number of days, or "for-ever"', days)
    .addOption(
      new Option('--starts <when>', 'from what on')
        .choices(['deposit', 'event'])
        .default('deposit'),
    )
    .addOption(
      new Option('--fate <fate>', 'what becomes of documents then')
        .choices(['destroy', 'keep', 'review'])
        .makeOptionMandatory(),
    )
    .action(async (name: string, options: ClassOptions) => {
      const { createClass } = await import('./retention.ts')
      await createClass(context, name, options)
    })
  reaching(retention.command('lengthen').description('lengthen a class; it is never shortened'))
    .argument('<name>')
    .requiredOption('--days <days>', 'a number of days, or "for-ever"', days)
    .action(async (name: string, options: ClassOptions) => {
      const { lengthenClass } = await import('./retention.ts')
      await lengthenClass(context, name, options)
    })
  reaching(
    retention.command('default').description('the class of what comes into a vault without one'),
  )
    .argument('<name>', 'a class, or "none"')
    .action(async (name: string, options: RetentionOptions) => {
      const { setDefault } = await import('./retention.ts')
      await setDefault(context, name, options)
    })
  reaching(
    retention
      .command('start')
      .description('date the event from which a document’s retention counts'),
  )
    .argument('<id>', 'the document')
    .argument('<date>', 'YYYY-MM-DD')
    .action(async (id: string, date: string, options: RetentionOptions) => {
      const { startRetention } = await import('./retention.ts')
      await startRetention(context, id, date, options)
    })
  const hold = program
    .command('hold')
    .description('legal holds: while one stands, nothing that it names is destroyed')
  reaching(hold.command('place').description('hold documents, or the whole vault'))
    .argument('[id...]', 'the documents (default: the whole vault)')
    .requiredOption('--reason <reason>', 'why')
    .action(async (ids: string[], options: HoldOptions) => {
      const { placeHold } = await import('./retention.ts')
      await placeHold(context, ids, options)
    })
  reaching(hold.command('lift').description('lift a hold'))
    .argument('<hold>')
    .requiredOption('--reason <reason>', 'why')
    .action(async (id: string, options: HoldOptions) => {
      const { liftHold } = await import('./retention.ts')
      await liftHold(context, id, options)
    })
  reaching(
    hold.command('list').description('holds of the vault, lifted ones too, newest first'),
  ).action(async (options: RetentionOptions) => {
    const { listHolds } = await import('./retention.ts')
    await listHolds(context, options)
  })
}

function days(text: string): number | null {
  if (text === 'for-ever') return null
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new InvalidArgumentError('A number of days is needed, or "for-ever".')
  return Number(text)
}
