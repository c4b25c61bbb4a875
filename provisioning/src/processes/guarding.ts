import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessBook } from './book.ts'

const AGAIN_AFTER_MS = 500

/**
 * Runs the guardian beside the launcher, and another one when it dies, for as long as the launcher
 * holds this object open.
 */
export class Guard {
  readonly #book: ProcessBook
  readonly #record: string
  readonly #log: string
  #child: ChildProcess | undefined
  #closed = false

  constructor(options: { book: ProcessBook; record: string; log: string }) {
    this.#book = options.book
    this.#record = options.record
    this.#log = options.log
    this.#begin()
  }

  /** Lets the guardian see the end of its pipe; it acts only on what is still recorded then. */
  close(): Promise<void> {
    this.#closed = true
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return Promise.resolve()
    return new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.stdin?.end()
    })
  }

  #begin(): void {
    const { pid, startTicks } = this.#book.launcher
    const log = openSync(this.#log, 'a', 0o600)
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'guardian.ts'), this.#record, String(pid), startTicks],
      { detached: true, stdio: ['pipe', log, log], cwd: '/' },
    )
    closeSync(log)
    this.#child = child
    child.stdin?.on('error', () => undefined)
    child.on('error', () => undefined)
    child.once('exit', () => {
      setTimeout(() => {
        if (!this.#closed) this.#begin()
      }, AGAIN_AFTER_MS).unref()
    })
    if (child.pid !== undefined) this.#book.noteGuardian(child.pid)
  }
}
