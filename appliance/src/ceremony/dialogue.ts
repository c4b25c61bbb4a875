import { createInterface, type Interface } from 'node:readline'

/** A conversation with the people at the box's console. */
export interface Dialogue {
  tell(text: string): void
  /** Resolves once the text is out, and can be overwritten. */
  show(text: Uint8Array): Promise<void>
  /** One line, without the spaces around it. @throws Error when there is nobody to answer any more */
  ask(question: string): Promise<string>
  /** Lines up to an empty one. */
  askLines(question: string): Promise<string>
  /** Takes what was shown off the screen, as far as it can be. */
  clear(): void
  close(): void
}

/** Erases the screen, what scrolled out of it, and goes to its top (ECMA-48, xterm). */
const CLEAR = '\u001b[2J\u001b[3J\u001b[H'

/**
 * Questions on standard error, answers from standard input, line by line: standard output is left to results. No history is kept, since
 * shares are typed here.
 */
export function terminalDialogue(
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stderr,
): Dialogue {
  const reader = createInterface({ input, output, terminal: input.isTTY, historySize: 0 })
  const lines = new Lines(reader)
  const ask = async (question: string) => {
    reader.setPrompt(question === '' ? '' : `${question} `)
    reader.prompt()
    return (await lines.next()).trim()
  }
  return {
    tell: (text) => void output.write(`${text}\n`),
    show: (text) =>
      new Promise((resolve, reject) => {
        output.write(text, (error) => {
          if (error === null || error === undefined) resolve()
          else reject(error)
        })
      }),
    ask,
    async askLines(question) {
      const all: string[] = []
      for (let line = await ask(question); line !== ''; line = await ask('')) all.push(line)
      return all.join('\n')
    },
    clear() {
      if (output.isTTY) output.write(CLEAR)
    },
    close: () => reader.close(),
  }
}

/** Lines in order, whether they come before they are asked for or after. */
class Lines {
  readonly #early: string[] = []
  #waiting: { resolve(line: string): void; reject(error: Error): void } | undefined
  #hasEnded = false

  constructor(reader: Interface) {
    reader.on('line', (line) => {
      const waiting = this.#waiting
      this.#waiting = undefined
      if (waiting === undefined) this.#early.push(line)
      else waiting.resolve(line)
    })
    reader.on('close', () => {
      this.#hasEnded = true
      this.#waiting?.reject(ended())
    })
  }

  next(): Promise<string> {
    const early = this.#early.shift()
    if (early !== undefined) return Promise.resolve(early)
    if (this.#hasEnded) return Promise.reject(ended())
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }))
  }
}

const ended = () => new Error('Interrupted: there is no more input.')
