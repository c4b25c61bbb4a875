import { openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { KeyError } from '../errors.ts'

const INTERRUPT = 0x03
const LINE_ENDS = [0x0a, 0x0d, 0x04]
const ERASE = [0x7f, 0x08]
const MOST_BYTES = 255

/**
 * One line of 1 to 255 bytes from the terminal of this process, without echo. The caller overwrites it after use.
 * @throws KeyError `not-available` where there is no terminal, or when nothing, too much or an interrupt is typed
 */
export async function askOnTerminal(question: string): Promise<Buffer> {
  let descriptor: number
  try {
    descriptor = openSync('/dev/tty', 'r+')
  } catch (cause) {
    throw new KeyError(
      'not-available',
      'The PIN is to be asked for, but this process has no terminal: name a credential or a file instead.',
      { cause },
    )
  }
  const terminal = new ReadStream(descriptor)
  // Before the question: who sees it may type at once.
  terminal.setRawMode(true)
  try {
    writeSync(descriptor, question)
    return await line(terminal)
  } finally {
    terminal.setRawMode(false)
    writeSync(descriptor, '\n')
    terminal.destroy()
  }
}

async function line(terminal: ReadStream): Promise<Buffer> {
  const typed = Buffer.alloc(MOST_BYTES)
  try {
    const length = await new Promise<number>((resolve, reject) => {
      let length = 0
      terminal.on('error', reject)
      terminal.on('end', () => {
        reject(notGiven('the terminal was closed'))
      })
      terminal.on('data', (chunk: Buffer) => {
        for (const byte of chunk) {
          if (byte === INTERRUPT) reject(notGiven('interrupted'))
          else if (LINE_ENDS.includes(byte)) resolve(length)
          else if (ERASE.includes(byte)) length = withoutLastCharacter(typed, length)
          else if (length === MOST_BYTES) reject(notGiven('more than 255 bytes were typed'))
          else typed[length++] = byte
        }
        chunk.fill(0)
      })
    })
    // An empty one offered to the token would cost one of its tries.
    if (length === 0) throw notGiven('nothing was typed')
    return Buffer.from(typed.subarray(0, length))
  } finally {
    typed.fill(0)
  }
}

/** A character of UTF-8 may be several bytes, all but the first of them 10xxxxxx. */
function withoutLastCharacter(typed: Buffer, length: number): number {
  let first = Math.max(length - 1, 0)
  while (first > 0 && ((typed[first] ?? 0) & 0xc0) === 0x80) first--
  return first
}

const notGiven = (why: string) => new KeyError('not-available', `No PIN was given: ${why}.`)
