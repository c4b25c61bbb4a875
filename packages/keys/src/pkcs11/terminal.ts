import { openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { KeyError } from '../errors.ts'

const INTERRUPT = 0x03
const LINE_ENDS = [0x0a, 0x0d, 0x04]
const ERASE = [0x7f, 0x08]

/**
 * One line from the terminal of this process, without echo.
 * @throws KeyError `not-available` where there is no terminal, or when the question is interrupted
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
  writeSync(descriptor, question)
  const terminal = new ReadStream(descriptor)
  terminal.setRawMode(true)
  try {
    return await line(terminal)
  } finally {
    terminal.setRawMode(false)
    writeSync(descriptor, '\n')
    terminal.destroy()
  }
}

function line(terminal: ReadStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const typed: number[] = []
    terminal.on('error', reject)
    terminal.on('data', (chunk: Buffer) => {
      for (const byte of chunk) {
        if (byte === INTERRUPT) reject(new KeyError('not-available', 'No PIN was given.'))
        else if (LINE_ENDS.includes(byte)) resolve(Buffer.from(typed))
        else if (ERASE.includes(byte)) typed.pop()
        else typed.push(byte)
      }
    })
  })
}
