import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { HostError, ownLanguage, readSettings } from '@probant/host'
import { failureOf } from './appliance/appliance.ts'
import {
  askForCentreLog,
  askForStatus,
  askToAcceptRestore,
  askToCompare,
  askToShip,
  askToTakeReceipt,
  type Answer,
} from './command-line/ask.ts'
import {
  print,
  printComparison,
  printExport,
  printRestore,
  printShipment,
  printStatus,
  printWords,
} from './command-line/output.ts'
import { AgentError, messageOf } from './errors.ts'
import { settingsSchema, type AgentSettings } from './settings.ts'

/** Exit codes of `probant agent …`. */
const FINDINGS = 1
const UNUSABLE = 2
const NOT_REACHED = 3

interface Options {
  settings: string
  json?: boolean
}

/** Words to be read out. */
interface Speaking {
  language: 'fr' | 'en'
}

interface EnrolArguments {
  centre: string
  codeFile: string
  journalKey: string
  certificate: string[]
}

/** Registers `probant agent ship|export|enrol|confirm-enrolment|receipt|centre-log|accept-centre-restore|status`. */
export function register(program: Command, { home }: { home: string }): void {
  const agent = program
    .command('agent')
    .description('the agent, which ships the journal to the supervision centre')
  const settingsFile = join(home, 'settings', 'agent.json')
  const command = (name: string, description: string) =>
    agent
      .command(name)
      .description(description)
      .option('--settings <file>', "the agent's settings file", settingsFile)
      .option('--json', 'print JSON')

  const inLanguage = (speaking: Command) =>
    speaking.addOption(
      new Option('--language <language>', 'of words').choices(['fr', 'en']).default(ownLanguage()),
    )

  command('ship', 'ship every trace that the centre has not audited; wait for its receipt')
    .requiredOption('--now', 'at once, without waiting for the off-peak window')
    .action((options: Options) =>
      reported(async () => {
        const { controlSocket } = await settingsOf(options)
        const { body } = show(await askToShip(controlSocket), options, printShipment)
        return body.findings.length > 0 ? FINDINGS : 0
      }),
    )

  command('export', 'write segments to carry to a centre that no network reaches, and a report')
    .argument('<dir>', 'folder to write to, made when absent')
    .option('--from <size>', 'first trace; by default what follows the newest receipt', parseSize)
    .action((folder: string, options: Options & { from?: number }) =>
      reported(async () => {
        // Only this command opens the database.
        const { exportFromBox } = await import('./command-line/export.ts')
        const report = await exportFromBox(await settingsOf(options), folder, options.from)
        show({ text: JSON.stringify(report), body: report }, options, (body) =>
          printExport(body, folder),
        )
        const isWhole = report.files.every(({ complete }) => complete)
        return isWhole && failureOf(report.recomputation).length === 0 ? 0 : FINDINGS
      }),
    )

  inLanguage(
    command(
      'enrol',
      'enrol this box at a centre by a one-time code: by the TPM in its settings, else by words to compare',
    ),
  )
    .requiredOption('--centre <url>', "the centre's API, for example https://centre.example/api/v1")
    .requiredOption('--code-file <file>', 'file with the code that an operator gave out')
    .requiredOption('--journal-key <vkey>', 'verifier key of the journal')
    .option('--certificate <files...>', "certificates between the TPM's and its maker's root", [])
    .action((options: Options & EnrolArguments & Speaking) =>
      reported(async () => {
        const { enrolBox, fingerprintEnrolment } = await import('./command-line/enrol.ts')
        const settings = await settingsOf(options)
        const pinned = await enrolBox(settings, { ...options, certificates: options.certificate })
        if (pinned !== undefined) print(JSON.stringify(pinned))
        else printWords(await fingerprintEnrolment(settings).words(options.language), options)
        return 0
      }),
    )

  inLanguage(
    command(
      'confirm-enrolment',
      'take the words that the centre’s operator reads back; without any, show those to read there',
    ),
  )
    .argument('[words...]', 'the four words')
    .action((words: string[], options: Options & Speaking) =>
      reported(async () => {
        const { fingerprintEnrolment } = await import('./command-line/enrol.ts')
        const enrolment = fingerprintEnrolment(await settingsOf(options))
        if (words.length === 0) printWords(await enrolment.words(options.language), options)
        else print(JSON.stringify(await enrolment.confirm(words.join(' '))))
        return 0
      }),
    )

  command('receipt', 'take audit receipts that came back from a centre by file')
    .argument('<files...>', 'receipts that `supervisor import` wrote')
    .action((files: string[], options: Options) =>
      reported(async () => {
        const { controlSocket } = await settingsOf(options)
        for (const file of files)
          show(
            await askToTakeReceipt(controlSocket, await readFile(file, 'utf8')),
            options,
            ({ receiptSize }) => print(`receipt: audited up to size ${receiptSize}`),
          )
        return 0
      }),
    )

  command('centre-log', "the newest checkpoint of the centre's log of cosigned heads that was seen")
    .option('--compare <file>', 'hold it against the checkpoint that another client exported')
    .action((options: Options & { compare?: string }) =>
      reported(async () => {
        const { controlSocket } = await settingsOf(options)
        if (options.compare === undefined) {
          const { body } = show(await askForCentreLog(controlSocket), options, ({ note }) =>
            process.stdout.write(note ?? ''),
          )
          return body.note === null ? NOT_REACHED : 0
        }
        const note = await readFile(options.compare, 'utf8')
        const { body } = show(await askToCompare(controlSocket, note), options, printComparison)
        return body.result === 'consistent' ? 0 : FINDINGS
      }),
    )

  command(
    'accept-centre-restore',
    'hold the centre to what it shows now: it was restored from a copy',
  )
    .requiredOption('--reason <text>', 'why it is known to be honest; kept on the box')
    .action((options: Options & { reason: string }) =>
      reported(async () => {
        const { controlSocket } = await settingsOf(options)
        show(await askToAcceptRestore(controlSocket, options.reason), options, printRestore)
        return 0
      }),
    )

  command('status', 'what was witnessed, shipped and receipted, and what comes next').action(
    (options: Options) =>
      reported(async () => {
        const { controlSocket } = await settingsOf(options)
        show(await askForStatus(controlSocket), options, printStatus)
        return 0
      }),
  )
}

/** Sets the exit code; what goes wrong becomes one sentence. */
async function reported(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work()
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exitCode = isCallersFault(error) ? UNUSABLE : NOT_REACHED
    if (!(error instanceof HostError || error instanceof AgentError)) throw error
  }
}

function isCallersFault(error: unknown): boolean {
  return error instanceof HostError || (error instanceof AgentError && error.kind === 'caller')
}

function show<T>(answer: Answer<T>, options: Options, inWords: (body: T) => void): Answer<T> {
  if (options.json === true) print(answer.text)
  else inWords(answer.body)
  return answer
}

function settingsOf({ settings }: Options): Promise<AgentSettings> {
  return readSettings(settingsSchema, settings)
}

function parseSize(text: string): number {
  const size = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size))
    throw new InvalidArgumentError('a number of traces')
  return size
}
