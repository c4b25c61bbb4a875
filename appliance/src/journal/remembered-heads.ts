import { parseCheckpoint, parseNote } from '@probant/evidence'
import { writeDurably, type Clock, type Logger } from '@probant/host'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BoxError } from '../errors.ts'
import type { CheckpointRow } from '../store/journal.ts'

/** A head that the journal in the database must still extend. */
export interface RememberedHead {
  readonly size: number
  /** Text of its checkpoint. */
  readonly text: string
  /** Who vouches for it, as the subject of a sentence. */
  readonly by: 'a witness' | 'this box'
}

const WITNESSED = 'witnessed-head'
const SIGNED = 'signed-head'
/** What an interrupted durable write leaves. */
const INTERRUPTED = /^\.(witnessed|signed)-head\.[0-9a-f]+\.tmp$/
const WRITE_EVERY_MS = 1000

/**
 * Heads kept as files, outside the database, so that a database put back to an earlier state is noticed at the next start: the last one
 * that a witness cosigned, and the last one that this box signed, which may lag behind by a second. Who may write the box's folder can
 * remove both; then only the centre and those who hold receipts notice.
 */
export class RememberedHeads {
  readonly #home: string
  readonly #clock: Clock
  readonly #log: Logger
  readonly #closing = new AbortController()
  #newest: string | undefined
  #written: string | undefined
  #writing: Promise<void> | undefined

  constructor(home: string, clock: Clock, log: Logger) {
    this.#home = home
    this.#clock = clock
    this.#log = log
  }

  /** @throws BoxError `journal-altered` when a file is there and holds no head */
  async read(): Promise<RememberedHead[]> {
    for (const name of await readdir(this.#home))
      if (INTERRUPTED.test(name)) await rm(join(this.#home, name), { force: true })
    const heads = [
      await readHead(join(this.#home, WITNESSED), 'a witness'),
      await readHead(join(this.#home, SIGNED), 'this box'),
    ]
    return heads.filter((head) => head !== undefined)
  }

  /** Notes a checkpoint that is durable; it is written within a second. */
  signed(checkpoint: CheckpointRow): void {
    this.#newest = checkpoint.note
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined))
  }

  /**
   * Keeps a cosigned note durably, unless one of a larger size is known.
   * @throws errors of the file system; BoxError `journal-altered` when the file that is there holds no head
   */
  async witnessed(note: string): Promise<void> {
    const known = await readHead(join(this.#home, WITNESSED), 'a witness')
    if (known !== undefined && known.size > sizeOf(note)) return
    await writeDurably(join(this.#home, WITNESSED), note, 0o600)
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#writing
    if (this.#written !== this.#newest) await this.#writeOnce()
  }

  async #write(): Promise<void> {
    while (this.#written !== this.#newest && !this.#closing.signal.aborted) {
      await this.#writeOnce()
      await this.#clock.sleep(WRITE_EVERY_MS, this.#closing.signal).catch(() => undefined)
    }
  }

  async #writeOnce(): Promise<void> {
    const note = this.#newest
    if (note === undefined) return
    try {
      await writeDurably(join(this.#home, SIGNED), note, 0o600)
      this.#written = note
    } catch (error) {
      this.#log.error({ err: error }, 'the newest head could not be kept outside the database')
    }
  }
}

const sizeOf = (note: string): number => parseCheckpoint(parseNote(note).text).size

/** The last head that a witness cosigned, as kept in the box's folder. @throws BoxError `journal-altered` */
export async function readWitnessedHead(home: string): Promise<RememberedHead | undefined> {
  return readHead(join(home, WITNESSED), 'a witness')
}

async function readHead(
  path: string,
  by: RememberedHead['by'],
): Promise<RememberedHead | undefined> {
  let note: string
  try {
    note = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    return { size: sizeOf(note), text: parseNote(note).text, by }
  } catch (cause) {
    throw new BoxError('journal-altered', 'fatal', `${path} holds no head of a journal`, { cause })
  }
}
