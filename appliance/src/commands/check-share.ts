import { toHex } from '@probant/evidence'
import { checkWords, parseShare, type SheetLanguage } from '@probant/keys'
import { guardMemory, ownLanguage } from '@probant/host'
import { readFile } from 'node:fs/promises'
import { warnOfMemory } from './ceremony.ts'
import { languageOf } from '../ceremony/sheet.ts'
import { terminalDialogue } from '../ceremony/dialogue.ts'

export interface CheckShareOptions {
  readonly language?: SheetLanguage
  readonly json?: boolean
}

/**
 * `box check-share`: a holder sees whether the sheet can still be read, on any machine, without showing the share to anybody. The check
 * words are in the language that is asked for, else the sheet's, else the machine's.
 */
export async function checkShare(
  file: string | undefined,
  options: CheckShareOptions,
): Promise<void> {
  warnOfMemory(guardMemory())
  const text = file === undefined ? Buffer.from(await typed()) : await readFile(file)
  const share = parseShare(text)
  const language = options.language ?? languageOf(text) ?? ownLanguage()
  text.fill(0)
  const { number, shares, threshold } = share
  const report = {
    number,
    shares,
    threshold,
    recoveryKey: toHex(share.keyHint),
    checkWords: checkWords(share, language),
  }
  share.value.fill(0)
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(report)}\n`
      : `share ${number} of ${shares}, ${threshold} needed; recovery key ${report.recoveryKey}…; check words: ${report.checkWords.join(' ')}\n`,
  )
}

async function typed(): Promise<string> {
  const dialogue = terminalDialogue()
  try {
    const text = await dialogue.askLines('Share, then an empty line:')
    dialogue.clear()
    return text
  } finally {
    dialogue.close()
  }
}
