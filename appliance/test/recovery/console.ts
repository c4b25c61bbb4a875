import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { parseShare, checkWords } from '@probant/keys'

const probant = new URL('../../../provisioning/cli/probant.ts', import.meta.url).pathname

export interface Spoken {
  readonly code: number | null
  readonly stdout: string
  /** Questions and remarks. */
  readonly said: string
}

/**
 * Runs `probant` as somebody at the console would: answers what it says.
 * @param answer is given what was said since the last answer, and returns the next line once that is a question for it
 */
export function converse(
  words: readonly string[],
  answer: (said: string) => Promise<string | undefined> | string | undefined = () => undefined,
): Promise<Spoken> {
  const child = spawn(process.execPath, [probant, ...words], { stdio: 'pipe' })
  let said = ''
  let answered = 0
  let stdout = ''
  let turn = Promise.resolve()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
    turn = turn.then(async () => {
      const line = await answer(said.slice(answered))
      if (line === undefined) return
      answered = said.length
      child.stdin.write(`${line}\n`)
    })
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => void turn.then(() => resolve({ code, stdout, said })))
  })
}

/** A ceremony with holders who read their words from their sheets. */
export async function heldCeremony(
  settings: string,
  sheets: string,
  { shares, threshold }: { shares: number; threshold: number },
  more: readonly string[] = [],
): Promise<Spoken> {
  const quorum = ['--holders', String(shares), '--needed', String(threshold)]
  const where = ['--settings', settings, '--sheets', sheets, '--language', 'fr']
  return converse(['box', 'ceremony', ...where, ...quorum, ...more], async (said) => {
    if (said.endsWith('? ')) return `Détenteur ${/détenteur (\d+)/.exec(said)?.[1] ?? ''}`
    const path = /Feuille écrite : (\S+\.txt)/.exec(said)?.[1]
    if (path === undefined || !said.endsWith(': ')) return undefined
    return wordsOf(path)
  })
}

async function wordsOf(path: string): Promise<string> {
  return checkWords(parseShare(await readFile(path, 'utf8')), 'fr').join(' ')
}
