import { toHex } from '@probant/evidence'
import { checkWords, parseShare, type SheetLanguage } from '@probant/keys'
import { guardMemory } from '@probant/host'
import { readFile } from 'node:fs/promises'
import { warnOfMemory } from './ceremony.ts'
import { terminalDialogue } from '../ceremony/dialogue.ts'

/** `box check-share`: a holder sees whether the sheet can still be read, on any machine, without showing the share to anybody. */
export async function checkShare(
  file: string | undefined,
  options: { language: SheetLanguage; json?: boolean },
): Promise<void> {
  warnOfMemory(guardMemory())
  const share = parseShare(file === undefined ? await typed() : await readFile(file, 'utf8'))
  const { number, shares, threshold } = share
  const report = {
    number,
    shares,
    threshold,
    recoveryKey: toHex(share.keyHint),
    checkWords: checkWords(share, options.language),
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
