import type { ProcessIdentity } from './identity.ts'
import { identify } from './identity.ts'
import { ownIdentity, removeRecord, writeRecord, type ProcessRecord } from './record.ts'

/** The launcher's own view of the record: who runs, kept on disk at every change. */
export class ProcessBook {
  readonly #path: string
  readonly #record: ProcessRecord

  constructor(path: string, readyFile: string) {
    this.#path = path
    this.#record = { launcher: ownIdentity(), readyFile, parts: {} }
    writeRecord(path, this.#record)
  }

  get launcher(): ProcessIdentity {
    return this.#record.launcher
  }

  note(name: string, pid: number): void {
    const identity = identify(pid)
    if (identity === undefined) return
    this.#record.parts[name] = identity
    writeRecord(this.#path, this.#record)
  }

  noteGuardian(pid: number): void {
    const identity = identify(pid)
    if (identity === undefined) return
    this.#record.guardian = identity
    writeRecord(this.#path, this.#record)
  }

  noteSocketFolder(folder: string): void {
    this.#record.socketFolder = folder
    writeRecord(this.#path, this.#record)
  }

  /** Nothing of it runs any more. */
  close(): void {
    removeRecord(this.#path)
  }
}
