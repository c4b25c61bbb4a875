import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Type } from 'typebox'
import { equalBytes, type Hashing } from '@probant/evidence'
import { checkSettings, writeDurably } from '@probant/host'
import type { JournalReader } from '../store/journal.ts'
import type { KnownTree } from './consistency.ts'
import { Position, storedPosition, type StoredPosition } from './position.ts'

/** Positions kept on disk; beyond, every other old one goes, so that any is at most a small part of the log away. */
const KEPT = 512

/** Traces read per query while a position is worked out. */
const BLOCK = 1000

/**
 * Remembers positions of the log at segment boundaries so that a night's shipment need not read the whole journal again.
 * A cache: what is missing or doesn't match is computed from the traces.
 */
export class Positions {
  readonly #hashing: Hashing
  readonly #journal: JournalReader
  readonly #path: string
  #known = new Map<number, StoredPosition>()

  constructor(hashing: Hashing, journal: JournalReader, path: string) {
    this.#hashing = hashing
    this.#journal = journal
    this.#path = path
  }

  /** Reads what was kept; an unreadable file counts as none. */
  async load(): Promise<void> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#path, 'utf8'))
      for (const one of checkSettings(Type.Array(storedPosition), value, this.#path))
        this.#known.set(Position.restore(this.#hashing, one).size, one)
    } catch {
      this.#known.clear()
    }
  }

  /**
   * The position at `size`, read forward from the nearest one known. Where a trace before it is missing, the position at
   * the hole: a smaller size than asked for.
   * @param expected the tree that the centre audited: a position of that size counts only if it has this root
   */
  async at(size: number, expected?: KnownTree): Promise<Position> {
    const position = await this.#readForward(this.#nearest(size), size)
    if (expected?.size !== position.size || equalBytes(position.root(), expected.root))
      return position
    // What was remembered may be what is wrong: read from the start before giving in.
    this.#known.clear()
    return this.#readForward(Position.origin(this.#hashing), size)
  }

  /** Keeps a position that the centre has audited. */
  remember(position: Position): void {
    this.#known.set(position.size, position.store())
    if (this.#known.size <= KEPT) return
    const sizes = [...this.#known.keys()].sort((a, b) => a - b)
    for (const size of sizes.slice(0, -1).filter((_, index) => index % 2 === 0))
      this.#known.delete(size)
  }

  /** Makes what is remembered durable. */
  async save(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const stored = [...this.#known.values()].sort((a, b) => a.size - b.size)
    await writeDurably(this.#path, JSON.stringify(stored))
  }

  /** The newest remembered boundary before `size`: where a segment that ends there began. */
  boundaryBefore(size: number): number {
    return this.#newestSize((known) => known < size)
  }

  #newestSize(matches: (size: number) => boolean): number {
    return Math.max(0, ...[...this.#known.keys()].filter(matches))
  }

  #nearest(size: number): Position {
    const stored = this.#known.get(this.#newestSize((known) => known <= size))
    return stored === undefined
      ? Position.origin(this.#hashing)
      : Position.restore(this.#hashing, stored)
  }

  async #readForward(position: Position, size: number): Promise<Position> {
    while (position.size < size) {
      const until = Math.min(size, position.size + BLOCK)
      const traces = await this.#journal.traces(position.size, until)
      for (const { seq, bytes } of traces) {
        if (seq !== position.size) return position
        position.append(bytes)
      }
      if (position.size !== until) return position
    }
    return position
  }
}
