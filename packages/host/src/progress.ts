import { readFile, unlink } from 'node:fs/promises'
import type { Static, TSchema } from 'typebox'
import { writeDurably } from './durable.ts'
import { HostError } from './errors.ts'
import { checkSettings } from './settings.ts'
import type { Clock } from './clock.ts'

const KEEP_EVERY_MS = 5000

/**
 * How far a long pass got, in a file beside what it reads, so that one that was interrupted is gone on with. A power cut costs the last
 * seconds, never the file.
 */
export class Progress<Schema extends TSchema> {
  readonly #path: string
  readonly #schema: Schema
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #keptAtMs = Number.NEGATIVE_INFINITY
  #latest: Static<Schema> | undefined

  /** @param signal interrupts the pass */
  constructor(path: string, schema: Schema, clock: Clock, signal: AbortSignal) {
    this.#path = path
    this.#schema = schema
    this.#clock = clock
    this.#signal = signal
  }

  /**
   * What an interrupted pass left; undefined when there is none.
   * @throws HostError `settings-invalid` when the file holds something else
   */
  async read(): Promise<Static<Schema> | undefined> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return undefined
    return checkSettings(this.#schema, this.#parsed(text), this.#path)
  }

  /**
   * Keeps a position, at most every few seconds.
   * @throws the signal's reason once it is aborted
   */
  async reached(position: Static<Schema>): Promise<void> {
    this.#latest = position
    if (this.#clock.monotonicMs() - this.#keptAtMs >= KEEP_EVERY_MS) await this.#keep(position)
    this.#signal.throwIfAborted()
  }

  /** Keeps how far an interrupted pass got. @returns it; undefined where it reached nothing */
  async keepLatest(): Promise<Static<Schema> | undefined> {
    if (this.#latest !== undefined) await this.#keep(this.#latest)
    return this.#latest
  }

  /** The pass came to its end, or is to begin anew. */
  async forget(): Promise<void> {
    await unlink(this.#path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    })
  }

  async #keep(position: Static<Schema>): Promise<void> {
    await writeDurably(this.#path, JSON.stringify(position))
    this.#keptAtMs = this.#clock.monotonicMs()
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (error) {
      throw new HostError('settings-invalid', `${this.#path} is not JSON`, error)
    }
  }
}
