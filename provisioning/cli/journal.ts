import { readFile, stat } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import {
  decodeSegment,
  EvidenceError,
  maximumCheckpointBytes,
  maximumSegmentBytes,
  type Segment,
} from '@probant/evidence'
import { exitCodes, UnusableInput, type Answer } from '@probant/verification'
import type { Command } from 'commander'
import { readAnchors } from './verification/anchors-folder.ts'
import { languageOf } from './verification/language.ts'
import { journalText, type UnreadableFile } from './verification/journal-report.ts'
import {
  answerOf,
  verifyJournals,
  type JournalReport,
} from './verification/journal-verification.ts'

export interface JournalOptions {
  readonly anchors?: string
  readonly json?: boolean
  readonly lang?: string
}

const maximumBytes = maximumSegmentBytes + maximumCheckpointBytes

/** `probant journal verify`: exported journal segments, offline. */
export function register(program: Command): void {
  program
    .command('journal')
    .description('Exported journals.')
    .command('verify')
    .description('Verify exported journal segments, offline.')
    .argument('<files...>', 'segments, in any order')
    .option('--anchors <folder>', 'the keys that you trust (docs/formats.md)')
    .option('--json', 'the report as JSON')
    .option('--lang <fr|en>', 'language of the report')
    .addHelpText(
      'after',
      "\nExit code: 0 valid, 1 invalid (first bad seq, reason), 2 unusable input, 3 can't tell (what is missing).",
    )
    .action(async (files: string[], options: JournalOptions) => {
      const { text, exitCode } = await journalVerifyCommand(files, options, process.env)
      process.stdout.write(text)
      process.exitCode = exitCode
    })
}

/** What the command prints and ends with. UnusableInput where the anchors can't be read. */
export async function journalVerifyCommand(
  files: readonly string[],
  options: JournalOptions,
  environment: NodeJS.ProcessEnv,
): Promise<{ text: string; exitCode: number }> {
  const language = languageOf(options.lang, environment)
  const anchors = await readAnchors(options.anchors)
  const { segments, unreadable } = await readSegments(files)
  const reports = await verifyJournals(segments, anchors)
  const answer = overall(reports, unreadable)
  const exitCode = exitCodes[answer]
  const text =
    options.json === true
      ? `${JSON.stringify({ answer, exitCode, journals: reports, unreadable }, null, 2)}\n`
      : journalText(reports, unreadable, answer, language)
  return { text, exitCode }
}

/** A contradiction outweighs a file that can't be read, which outweighs what is only missing. */
function overall(reports: readonly JournalReport[], unreadable: readonly UnreadableFile[]): Answer {
  const answer = answerOf(reports)
  return answer !== 'invalid' && unreadable.length > 0 ? 'unusable' : answer
}

async function readSegments(
  files: readonly string[],
): Promise<{ segments: Segment[]; unreadable: UnreadableFile[] }> {
  const segments: Segment[] = []
  const unreadable: UnreadableFile[] = []
  for (const file of files) {
    try {
      segments.push(decodeSegment(await readSegmentBytes(file)))
    } catch (error) {
      if (!(error instanceof EvidenceError || error instanceof UnusableInput)) throw error
      unreadable.push({ file, why: error.message })
    }
  }
  return { segments, unreadable }
}

/** A file's bytes, unpacked when it is gzip as on the wire; bounded either way. */
async function readSegmentBytes(file: string): Promise<Uint8Array> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true) throw new UnusableInput('not a file')
  if (found.size > maximumBytes) throw new UnusableInput('larger than any segment')
  const bytes = await readFile(file)
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: maximumBytes })
  } catch (cause) {
    throw new UnusableInput("gzip that can't be unpacked", { cause })
  }
}
