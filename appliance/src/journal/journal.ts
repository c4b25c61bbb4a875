import type { EvidenceCrypto, VerifierKey } from '@probant/evidence'
import type { Clock, Logger, Randomness } from '@probant/host'
import type { Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import { newestWitnessed } from '../store/cosignatures.ts'
import { readState, takeEpoch, type CheckpointRow } from '../store/journal.ts'
import type { Act, RecordedAct } from './act.ts'
import { Certifier, type JournalSigner } from './certifier.ts'
import { journalVerifier } from './notes.ts'
import type { JournalProofs } from './proofs.ts'
import { openCommitted } from './opening.ts'
import type { RememberedHeads } from './remembered-heads.ts'
import { Sequencer, type CommittedTrace } from './sequencer.ts'
import { WriterLock } from './writer-lock.ts'

export interface JournalContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Logger
  readonly signer: JournalSigner
  readonly proofs: JournalProofs
  readonly heads: RememberedHeads
  /** Different witnesses that it takes; 1 by default. */
  readonly requiredWitnesses?: number
  /** Who may have signed the newest checkpoint: the signer alone, but for a change of hardware. */
  readonly acceptedKeys?: readonly VerifierKey[]
  /** The journal's state is no longer known: the process must stop; its restart recovers. */
  readonly fatal: (error: Error) => void
}

/**
 * The journal of a box. `record` resolves only when the act, its trace and a signed checkpoint over it are durable.
 * A journal that was altered outside opens as *stopped*: it records nothing and says why.
 */
export class Journal {
  readonly origin: string
  readonly #lock: WriterLock
  readonly #clock: Clock
  readonly #sequencer: Sequencer | undefined
  readonly #certifier: Certifier | undefined
  readonly #stoppedBecause: BoxError | undefined
  #head: CheckpointRow | undefined
  #witnessedSize: number
  #lastActMs = 0
  #changes = 0
  readonly #listeners = new Set<(act: Act, recorded: RecordedAct) => void>()

  private constructor(
    origin: string,
    lock: WriterLock,
    clock: Clock,
    parts: {
      sequencer?: Sequencer
      certifier?: Certifier
      stoppedBecause?: BoxError
      witnessedSize: number
    },
  ) {
    this.origin = origin
    this.#lock = lock
    this.#clock = clock
    this.#sequencer = parts.sequencer
    this.#certifier = parts.certifier
    this.#stoppedBecause = parts.stoppedBecause
    this.#witnessedSize = parts.witnessedSize
  }

  /**
   * Opens the journal as its only writer, fences off any older one, and covers with a checkpoint what an earlier run left uncovered.
   * @throws BoxError `already-running`; `journal-stopped` (retryable) when that checkpoint's state became unknown
   */
  static async open(context: JournalContext): Promise<Journal> {
    const lock = await WriterLock.take(context)
    try {
      return await Journal.#openAlone(context, lock)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  static async #openAlone(context: JournalContext, lock: WriterLock): Promise<Journal> {
    const { database, crypto } = context
    const state = await database.transaction(takeEpoch)
    const isStillWriter = async () => (await readState(database))?.epoch === state.epoch
    const witnessedSize =
      (await newestWitnessed(database, context.requiredWitnesses ?? 1))?.size ?? 0
    let opened
    try {
      opened = await openCommitted(
        database,
        crypto,
        state,
        context.acceptedKeys ?? [journalVerifier(crypto, state.origin, context.signer.publicKey)],
        await context.heads.read(),
      )
    } catch (error) {
      if (!(error instanceof BoxError) || error.code !== 'journal-altered') throw error
      context.log.fatal(
        { err: error },
        'the journal is not what this box wrote: nothing is recorded',
      )
      lock.heldBy({ isStillWriter, takenOver: context.fatal })
      return new Journal(state.origin, lock, context.clock, {
        stoppedBecause: error,
        witnessedSize,
      })
    }
    const { origin, epoch } = state
    const shared = { database, crypto, clock: context.clock, origin, epoch }
    let isStopped = false
    const stop = (cause: Error) => {
      // Whoever waits is told no more than that: some of what they wait for is committed.
      const reason = new BoxError('journal-stopped', 'retryable', 'the journal restarts', { cause })
      sequencer.stop(reason)
      certifier.stop(reason)
      if (!isStopped) context.fatal(cause)
      isStopped = true
    }
    lock.heldBy({ isStillWriter, takenOver: stop })
    const certifier: Certifier = new Certifier(
      {
        ...shared,
        log: context.log,
        signer: context.signer,
        certified: (checkpoint, nodes) => {
          context.proofs.remember(nodes)
          journal.moveHead(checkpoint)
          context.heads.signed(checkpoint)
        },
        fatal: stop,
      },
      opened.certified,
    )
    const sequencer: Sequencer = new Sequencer(
      {
        ...shared,
        randomness: context.randomness,
        uncertified: () => certifier.waitingTraces,
        committed: (traces, end) => certifier.add(traces, end.sha3),
        fatal: stop,
      },
      { size: state.size, prev: opened.prev, sha3: opened.sha3 },
    )
    const journal: Journal = new Journal(origin, lock, context.clock, {
      sequencer,
      certifier,
      witnessedSize,
    })
    if (opened.uncertified.length > 0) {
      const nobody = { resolve: () => undefined, reject: () => undefined }
      const left: CommittedTrace[] = opened.uncertified.map((trace) => ({
        ...trace,
        timeMs: context.clock.nowMs(),
        settle: nobody,
      }))
      for (let start = 0; start < left.length; start += 500) {
        const part = left.slice(start, start + 500)
        certifier.add(part, start + 500 < left.length ? undefined : opened.sha3)
      }
      await certifier.settled()
      if (certifier.stoppedBecause !== undefined) throw certifier.stoppedBecause
    }
    return journal
  }

  /** Why nothing can be recorded; undefined while all is well. */
  get stoppedBecause(): BoxError | undefined {
    return this.#stoppedBecause
  }

  /** Traces committed so far. */
  get size(): number {
    return this.#sequencer?.size ?? 0
  }

  /** Traces under the newest durable checkpoint. */
  get certifiedSize(): number {
    return this.#certifier?.size ?? 0
  }

  /** The newest checkpoint signed since this process started. */
  get head(): CheckpointRow | undefined {
    return this.#head
  }

  /** Largest size that as many witnesses as are required have cosigned. */
  get witnessedSize(): number {
    return this.#witnessedSize
  }

  /** Differs after each act that changes rows of its own (`apply`) has begun, and again once it has ended. */
  get changes(): number {
    return this.#changes
  }

  get lastActMs(): number {
    return this.#lastActMs
  }

  /** What acts wait for just now, beyond the usual; undefined while all is well. */
  get waitsFor(): string | undefined {
    return this.#certifier?.waitsFor
  }

  /** For how many milliseconds acts have waited so; 0 while all is well. */
  get waitedMs(): number {
    const since = this.#certifier?.waitsSinceMs
    return since === undefined ? 0 : this.#clock.monotonicMs() - since
  }

  /** Why the database has refused every trace for at least this long; undefined while it takes them. */
  async refusal(afterMs: number): Promise<string | undefined> {
    return this.#sequencer?.refusal(afterMs)
  }

  /** Traces that wait for a checkpoint. */
  get waitingTraces(): number {
    return this.#certifier?.waitingTraces ?? 0
  }

  /**
   * Records one act; may be called concurrently, acts are then grouped. Not to be repeated blindly: after `journal-stopped` the act may
   * have been recorded.
   * @throws BoxError `journal-busy` or `act-refused` (nothing was recorded), `journal-stopped`, or what the act's own `apply` threw.
   */
  async record(act: Act): Promise<RecordedAct> {
    const sequencer = this.#sequencer
    if (sequencer === undefined)
      throw new BoxError('journal-stopped', 'fatal', 'the journal is stopped', {
        cause: this.#stoppedBecause,
      })
    if (act.apply !== undefined) this.#changes += 1
    const recorded = await new Promise<RecordedAct>((resolve, reject) => {
      sequencer.submit(act, { resolve, reject })
    }).finally(() => {
      if (act.apply !== undefined) this.#changes += 1
    })
    this.#lastActMs = recorded.timeMs
    for (const listener of this.#listeners) listener(act, recorded)
    return recorded
  }

  onRecorded(listener: (act: Act, recorded: RecordedAct) => void): void {
    this.#listeners.add(listener)
  }

  moveHead(checkpoint: CheckpointRow): void {
    this.#head = checkpoint
  }

  noteWitnessed(size: number): void {
    this.#witnessedSize = Math.max(this.#witnessedSize, size)
  }

  /** Waits until what was committed is covered by a checkpoint, then lets another service write. */
  async close(): Promise<void> {
    this.#sequencer?.stop(new BoxError('journal-stopped', 'retryable', 'the service stops'))
    await this.#certifier?.settled()
    this.#lock.release()
  }
}
