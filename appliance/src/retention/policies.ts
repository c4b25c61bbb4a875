import type { Database } from '@probant/postgres'
import { readableTrace } from '../integrity/readable-trace.ts'
import { retentionTraces } from '../store/retention.ts'
import { Policy } from './policy.ts'

/** The policy as the journal has it now: traces that came since the last look are read, no other. */
export class Policies {
  readonly #database: Database
  readonly #policy = new Policy()
  #next = 0
  #reading: Promise<void> = Promise.resolve()

  constructor(database: Database) {
    this.#database = database
  }

  async now(): Promise<Policy> {
    const reading = this.#reading.then(() => this.#readOn())
    this.#reading = reading.catch(() => undefined)
    await reading
    return this.#policy
  }

  async #readOn(): Promise<void> {
    for (const { seq, bytes } of await retentionTraces(this.#database, this.#next)) {
      const trace = readableTrace(bytes)
      if (trace !== undefined) this.#policy.read(trace)
      this.#next = seq + 1
    }
  }
}
