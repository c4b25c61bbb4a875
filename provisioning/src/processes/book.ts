import type { ProcessIdentity } from './identity.ts'
import { identify } from './identity.ts'
import { ownIdentity, removeRecord, writeRecord, type ProcessRecord } from './record.ts'

/** The launcher's own view of the record: who runs, kept on disk at every change. */
export class ProcessBook {
  readonly #path: string
  readonly #record: ProcessRecord
  readonly #tell: (line: string) => void

  constructor(path: string, readyFile: string, tell: (line: string) => void) {
    this.#path = path
    this.#tell = tell
    this.#record = { launcher: ownIdentity(), readyFile, parts: {} }
    writeRecord(path, this.#record)
  }

  get launcher(): ProcessIdentity {
    return this.#record.launcher
  }

  note(name: string, pid: number): void {
    const identity = identify(pid)
    if (identity !== undefined) this.#record.parts[name] = identity
    this.#keep()
  }

  noteGuardian(pid: number): void {
    const identity = identify(pid)
    if (identity !== undefined) this.#record.guardian = identity
    this.#keep()
  }

  noteSocketFolder(folder: string): void {
    this.#record.socketFolder = folder
    this.#keep()
  }

  /** On a full disk a part that died is started again all the same: only a killed launcher would miss the record. */
  #keep(): void {
    try {
      writeRecord(this.#path, this.#record)
    } catch (error) {
      this.#tell(`${this.#path} can't be written: ${error instanceof Error ? error.message : ''}`)
    }
  }

  /** Nothing of it runs any more. */
  close(): void {
    removeRecord(this.#path)
  }
}
