import { toBase64, toHex } from '@probant/evidence'
import { formatTime, type Clock, type Randomness } from '@probant/host'
import {
  areCheckWords,
  newRecoveryKey,
  type Quorum,
  type Share,
  type SheetLanguage,
} from '@probant/keys'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConsoleCall } from '../console/call.ts'
import type { Dialogue } from './dialogue.ts'
import { sheet } from './sheet.ts'
import { readCeremonyBegun, readCopies, readRecoveryState } from './shapes.ts'
import { ceremonyWords, type CeremonyWords } from './words.ts'

export interface CeremonyOptions {
  readonly language: SheetLanguage
  /** Folder for the sheets; without it each share is shown on the screen. */
  readonly sheets?: string | undefined
  /** True: a recovery key that was declared before is replaced. */
  readonly replace: boolean
  readonly quorum: Partial<Quorum>
}

/** What came of it. */
export interface HeldCeremony extends Quorum {
  /** Hex of the declared key's id. */
  readonly recoveryKey: string
  readonly vaults: number
  readonly copied: number
}

interface World {
  readonly dialogue: Dialogue
  readonly box: ConsoleCall
  readonly clock: Clock
  readonly randomness: Randomness
}

/**
 * Holds a key ceremony in this process, which ends soon after: makes the recovery key, hands out its shares, has each confirmed, and
 * declares the public half alone to the box.
 * @throws Error with the sentence to show; whatever was begun is abandoned then, journalled as such, and its sheets are deleted, unless the
 *   key may have been declared
 */
export async function holdCeremony(
  world: World,
  { language, sheets, replace, quorum }: CeremonyOptions,
): Promise<HeldCeremony> {
  const { dialogue, box } = world
  const words = ceremonyWords[language]
  const state = readRecoveryState(await box('GET', '/recovery'))
  dialogue.tell(words.box(state.box.name, state.box.id))
  const shares = quorum.shares ?? (await askNumber(dialogue, words.howManyHolders, language))
  const threshold = quorum.threshold ?? (await askNumber(dialogue, words.howManyNeeded, language))
  const replaces = replace ? (state.recoveryKey?.id ?? null) : null
  const { ceremony } = readCeremonyBegun(
    await box('POST', '/ceremonies', { threshold, shares, replaces }),
  )
  const written: string[] = []
  let mayBeDeclared = false
  try {
    const made = await newRecoveryKey({ threshold, shares }, world.randomness)
    const keyId = toHex(made.publicKey.id)
    try {
      for (const share of made.shares) {
        const holder = await askHolder(dialogue, words.holderName(share.number))
        const day = formatTime(world.clock.nowMs()).slice(0, 10)
        const facts = { boxName: state.box.name, boxId: state.box.id, holder, day, keyId }
        const text = sheet(share, facts, language)
        if (sheets === undefined) await showSheet(dialogue, text, holder, words)
        else {
          const path = await writeSheet(sheets, share, text)
          written.push(path)
          dialogue.tell(words.sheetWritten(path))
        }
        text.fill(0)
        await confirmed(dialogue, share, holder, language)
        const confirmation = { share: share.number, holder }
        await box('POST', `/ceremonies/${ceremony}/confirmations`, confirmation)
      }
    } finally {
      for (const { value } of made.shares) value.fill(0)
    }
    const publicKey = toBase64(made.publicKey.bytes)
    mayBeDeclared = true
    const answer = await box('POST', `/ceremonies/${ceremony}/declaration`, { publicKey })
    const { vaults, copied } = readCopies(answer)
    dialogue.tell(words.declared(keyId, copied))
    if (copied < vaults) dialogue.tell(words.missingCopies(vaults - copied))
    if (sheets !== undefined) dialogue.tell(words.deleteSheets)
    return { recoveryKey: keyId, threshold, shares, vaults, copied }
  } catch (error) {
    await box('POST', `/ceremonies/${ceremony}/abandonment`).catch(() => undefined)
    if (mayBeDeclared) dialogue.tell(words.unclear)
    else {
      for (const path of written)
        await rm(path).catch(() => dialogue.tell(words.sheetNotDeleted(path)))
      dialogue.tell(words.stopped)
    }
    throw error
  }
}

async function askNumber(
  dialogue: Dialogue,
  question: string,
  language: SheetLanguage,
): Promise<number> {
  for (;;) {
    const answer = await dialogue.ask(question)
    if (/^\d{1,3}$/.test(answer)) return Number(answer)
    dialogue.tell(ceremonyWords[language].wholeNumber)
  }
}

async function askHolder(dialogue: Dialogue, question: string): Promise<string> {
  for (;;) {
    const holder = (await dialogue.ask(question)).slice(0, 200)
    if (holder !== '') return holder
  }
}

/** Only its holder sees it, as long as it takes to copy. */
async function showSheet(
  dialogue: Dialogue,
  text: Uint8Array,
  holder: string,
  words: CeremonyWords,
): Promise<void> {
  await dialogue.ask(words.aloneAtScreen(holder))
  dialogue.clear()
  await dialogue.show(text)
  await dialogue.ask(words.copied)
  dialogue.clear()
}

/** Readable by its owner only, and never in the place of another file. */
async function writeSheet(folder: string, share: Share, text: Uint8Array): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `share-${share.number}-of-${share.shares}.txt`)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return path
}

async function confirmed(
  dialogue: Dialogue,
  share: Share,
  holder: string,
  language: SheetLanguage,
): Promise<void> {
  const words = ceremonyWords[language]
  for (;;) {
    const typed = await dialogue.ask(words.checkWords(holder))
    if (areCheckWords(share, language, typed)) return
    if (typed.toLowerCase() === words.stop) throw new Error(`${holder}: ${words.stop}`)
    dialogue.tell(words.wrongWords(words.stop))
  }
}
