import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { parseShare, checkWords } from '@probant/keys'
import { consoleSocket } from '../../src/console/socket.ts'

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
 * @param started is told the process's id
 */
export function converse(
  words: readonly string[],
  answer: (said: string) => Promise<string | undefined> | string | undefined = () => undefined,
  started: (pid: number) => void = () => undefined,
): Promise<Spoken> {
  const child = spawn(process.execPath, [probant, ...words], { stdio: 'pipe' })
  started(child.pid ?? 0)
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
  started?: (pid: number) => void,
): Promise<Spoken> {
  const quorum = ['--holders', String(shares), '--needed', String(threshold)]
  const where = ['--settings', settings, '--sheets', sheets, '--language', 'fr']
  const answer = async (said: string) => {
    if (said.endsWith('? ')) return `Détenteur ${/détenteur (\d+)/.exec(said)?.[1] ?? ''}`
    const path = /Feuille écrite : (\S+\.txt)/.exec(said)?.[1]
    if (path === undefined || !said.endsWith(': ')) return undefined
    return wordsOf(path)
  }
  return converse(['box', 'ceremony', ...where, ...quorum, ...more], answer, started)
}

async function wordsOf(path: string): Promise<string> {
  return checkWords(parseShare(await readFile(path, 'utf8')), 'fr').join(' ')
}

/** A console socket before the box's own, where each request waits for `look`, and is lost when that throws; with settings that lead to it. */
export async function watchedConsole(
  own: { readonly home: string; readonly localSocket: string },
  look: (path: string) => Promise<void>,
): Promise<{ settings: string; close: () => Promise<void> }> {
  const localSocket = join(own.home, 'watched', 'box.sock')
  await mkdir(dirname(localSocket), { recursive: true })
  const pass = async (from: IncomingMessage, to: ServerResponse) => {
    const { method, url: path = '', headers } = from
    try {
      await look(path)
    } catch {
      to.destroy()
      return
    }
    const socketPath = consoleSocket(own)
    const onward = request({ socketPath, path, method, headers, agent: false }, (answer) => {
      to.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(to)
    })
    from.pipe(onward)
  }
  const server = createServer((from, to) => void pass(from, to))
  server.listen(consoleSocket({ localSocket }))
  await once(server, 'listening')
  const settings = join(own.home, 'watched', 'settings.json')
  await writeFile(settings, JSON.stringify({ ...own, localSocket }), { mode: 0o600 })
  return { settings, close: () => new Promise((done) => server.close(() => done())) }
}
