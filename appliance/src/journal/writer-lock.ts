import type { Clock, Logger } from '@probant/host'
import { PostgresError, trySessionLock, type Database, type SessionLock } from '@probant/postgres'
import { BoxError } from '../errors.ts'

/** Any number, the same in every version: ASCII "PROBANT". */
const WRITER_LOCK = '22608498504322644'
/** A service that was just killed holds the lock until the database notices. */
const TRIES = 60
const PAUSE_MS = 250

/** Who writes under the lock. */
interface Holder {
  /** Whether nobody else took the journal's epoch while the lock's connection was broken. @throws PostgresError */
  isStillWriter(): Promise<boolean>
  /** Told once when somebody did. */
  takenOver(error: Error): void
}

interface LockContext {
  readonly database: Database
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Says that this process writes the journal, so that a second one started on the same data is refused before it does anything. What
 * keeps two writers from harming the journal, should the lock's connection break, is the fencing epoch: this lock keeps them from
 * fencing each other off, and from clearing away each other's files.
 */
export class WriterLock {
  readonly #context: LockContext
  #lock: SessionLock | undefined
  #isReleased = false
  #holder: Holder | undefined

  private constructor(context: LockContext) {
    this.#context = context
  }

  /** @throws BoxError `already-running` when another service goes on holding it; PostgresError */
  static async take(context: LockContext): Promise<WriterLock> {
    const writer = new WriterLock(context)
    for (let tries = 0; !(await writer.#try()); tries += 1) {
      if (tries === 0)
        context.log.warn('another vault service writes this journal: waiting for it to end')
      if (tries === TRIES)
        throw new BoxError(
          'already-running',
          'fatal',
          'another vault service runs on this database: stop it first',
        )
      await context.clock.sleep(PAUSE_MS)
    }
    return writer
  }

  heldBy(holder: Holder): void {
    this.#holder = holder
  }

  release(): void {
    this.#isReleased = true
    this.#lock?.release()
  }

  async #try(): Promise<boolean> {
    const lock = await trySessionLock(this.#context.database, WRITER_LOCK)
    if (lock === undefined) return false
    this.#lock = lock
    // Released while it was being taken.
    if (this.#isReleased) lock.release()
    void lock.lost.then((error) => this.#takeAgain(error))
    return true
  }

  async #takeAgain(error: Error): Promise<void> {
    const { clock, log } = this.#context
    log.warn({ err: error }, 'the connection that holds the journal’s lock broke: taking it again')
    for (let refusals = 0; refusals <= TRIES && !this.#isReleased;) {
      try {
        if (await this.#try()) {
          if ((await this.#holder?.isStillWriter()) !== false) return
          break
        }
        refusals += 1
      } catch (cause) {
        if (!(cause instanceof PostgresError)) throw cause
        this.#lock?.release()
      }
      await clock.sleep(PAUSE_MS)
    }
    if (this.#isReleased) return
    this.release()
    const what = 'another vault service has taken over the journal'
    this.#holder?.takenOver(new BoxError('journal-conflict', 'fatal', what))
  }
}
