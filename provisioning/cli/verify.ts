import { createReadStream, openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { systemClock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import {
  exitCodes,
  inspect,
  openZip,
  reportJson,
  reportText,
  UnusableInput,
  verifierTime,
  type Inspection,
  type ZipBundle,
} from '@probant/verification'
import type { Command } from 'commander'
import { readAnchors } from './verification/anchors-folder.ts'
import { languageOf } from './verification/language.ts'

export interface VerifyOptions {
  readonly document?: string
  readonly anchors?: string
  /** Without a number: one. */
  readonly requireWitness?: number | true
  /** As of when: a day or a second in UTC. */
  readonly at?: string
  readonly json?: boolean
  readonly lang?: string
}

/** `probant verify`: an evidence bundle, or a collection of them, offline. */
export function register(program: Command): void {
  program
    .command('verify')
    .description('Verify an evidence bundle, or a collection of bundles, offline.')
    .argument('<bundle>', 'the bundle, or the collection (zip)')
    .option('--document <file>', 'a file that should be the document, or one of them')
    .option('--anchors <folder>', 'the keys and authorities that you trust (docs/formats.md)')
    .option(
      '--require-witness [count]',
      "cosigned by fewer of the given witnesses (1 without a number): can't tell",
      countOf,
    )
    .option('--at <time>', 'judge as of this day or second (UTC); default: now')
    .option('--json', 'the report as JSON')
    .option('--lang <fr|en>', 'language of the report')
    .addHelpText(
      'after',
      "\nExit code: 0 valid, 1 invalid (what, where, since when), 2 unusable input, 3 can't tell (what is missing).",
    )
    .action(async (bundle: string, options: VerifyOptions) => {
      const { text, exitCode } = await verifyCommand(bundle, options, process.env)
      process.stdout.write(text)
      process.exitCode = exitCode
    })
}

/** What the command prints and ends with. UnusableInput where there is nothing to judge. */
export async function verifyCommand(
  bundle: string,
  options: VerifyOptions,
  environment: NodeJS.ProcessEnv,
): Promise<{ text: string; exitCode: number }> {
  const language = languageOf(options.lang, environment)
  const found = await verifyFile(bundle, options)
  const text = options.json === true ? reportJson(found) : reportText(bundle, found, language)
  return { text, exitCode: exitCodes[found.report.verdict.status] }
}

async function verifyFile(bundle: string, options: VerifyOptions): Promise<Inspection> {
  const atMs = verifierTime(options.at, systemClock.nowMs())
  const anchors = await readAnchors(options.anchors)
  const document = options.document === undefined ? undefined : await openDocument(options.document)
  const source = await openBundle(bundle)
  try {
    const { requireWitness = 0 } = options
    const requireWitnesses = requireWitness === true ? 1 : requireWitness
    return await inspect(nodeCrypto, source, anchors, { document, requireWitnesses, atMs })
  } finally {
    await source.close()
  }
}

function countOf(text: string): number {
  if (!/^[1-9][0-9]?$/.test(text))
    throw new UnusableInput(`--require-witness: ${text} is not a number from 1 to 99`)
  return Number(text)
}

async function openBundle(path: string): Promise<ZipBundle> {
  await insistOnFile(path)
  try {
    return await openZip(await openAsBlob(path))
  } catch (cause) {
    throw new UnusableInput(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

async function openDocument(path: string): Promise<AsyncIterable<Uint8Array>> {
  await insistOnFile(path)
  return piecesOf(path)
}

async function insistOnFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) throw new UnusableInput(`${path} is not a file`)
}

async function* piecesOf(path: string): AsyncIterable<Uint8Array> {
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (piece instanceof Uint8Array) yield piece
  }
}
