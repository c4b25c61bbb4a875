import {
  EvidenceError,
  commit,
  fromHex,
  formatTrace,
  leafHash,
  toHex,
  utf8,
  type EvidenceCrypto,
  type JsonObject,
  type Sha3Chain,
} from '@probant/evidence'
import { formatTime, type Clock, type Randomness } from '@probant/host'
import { PostgresError, UnknownCommitState, type Client, type Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import { appendTraces, lockState, tryAppend, type TraceRow } from '../store/journal.ts'
import { insertActRows, type ActRows, type JournalOpeningRow } from '../store/rows.ts'
import type { Act, RecordedAct } from './act.ts'

/** Most acts that one transaction carries; a checkpoint must come at least every 1,000 traces (formats, section 12). */
const MAX_BATCH_ACTS = 256
/** Beyond this many acts that wait, for a transaction or for their checkpoint, callers are told to come back: what can't be journalled does not happen. */
const MAX_WAITING_ACTS = 4096

/** Traces that are committed but not yet covered by a checkpoint. */
export interface CommittedTrace {
  readonly seq: number
  readonly timeMs: number
  readonly bytes: Uint8Array
  readonly settle: Settle
}

export interface Settle {
  resolve(recorded: RecordedAct): void
  reject(error: unknown): void
}

interface Waiting {
  readonly act: Act
  readonly settle: Settle
}

/** Where the journal ends, as this sequencer last committed it. */
export interface JournalEnd {
  readonly size: number
  /** SHA-256 of the last trace's bytes, 32 zero bytes when empty. */
  readonly prev: Uint8Array
  readonly sha3: Sha3Chain
}

export interface SequencerContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly origin: string
  readonly epoch: number
  /** Traces that wait for their checkpoint: while no signature comes, what waits is bounded like the queue. */
  readonly uncertified: () => number
  /** Receives what was committed, in order. Must not throw. */
  readonly committed: (traces: readonly CommittedTrace[], end: JournalEnd) => void
  /** Called when the journal's state is no longer known: stops this sequencer, and the process must restart and recover. */
  readonly fatal: (error: Error) => void
}

/**
 * The single writer of the journal. It gives each act its sequence number and the hash of the trace before it, and commits acts
 * together with their traces, many per transaction. What it commits is not shown to anyone before the certifier has signed it.
 */
export class Sequencer {
  readonly #context: SequencerContext
  #end: JournalEnd
  #waiting: Waiting[] = []
  #running = false
  #stopped: Error | undefined
  /** Since when the database has refused whatever was to be journalled, by the monotonic clock. */
  #refusedSinceMs: number | undefined

  constructor(context: SequencerContext, end: JournalEnd) {
    this.#context = context
    this.#end = end
  }

  get size(): number {
    return this.#end.size
  }

  /** Queues an act. @throws BoxError `journal-busy` (retryable) or the reason why the journal stopped. */
  submit(act: Act, settle: Settle): void {
    if (this.#stopped !== undefined) throw this.#stopped
    if (this.#waiting.length + this.#context.uncertified() >= MAX_WAITING_ACTS)
      throw new BoxError('journal-busy', 'retryable', 'too many acts wait for the journal')
    this.#waiting.push({ act, settle })
    if (!this.#running) void this.#run()
  }

  /**
   * Why nothing can be journalled, when the database has refused it for this long and would refuse it still: tried with a row that is
   * taken back, since nobody may have asked for an act since. Undefined while all is well.
   */
  async refusal(afterMs: number): Promise<string | undefined> {
    const { database, clock } = this.#context
    const since = this.#refusedSinceMs
    if (since === undefined || clock.monotonicMs() - since < afterMs) return undefined
    const why = await tryAppend(database)
    if (why === undefined) this.#refusedSinceMs = undefined
    return why
  }

  /** Refuses every further act with `reason`, and those that wait. */
  stop(reason: Error): void {
    this.#stopped ??= reason
    for (const { settle } of this.#waiting.splice(0)) settle.reject(reason)
  }

  async #run(): Promise<void> {
    this.#running = true
    // One turn of the event loop lets acts that arrive together share a transaction.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0 && this.#stopped === undefined) {
      await this.#commitOrReject(this.#waiting.splice(0, MAX_BATCH_ACTS))
    }
    this.#running = false
  }

  async #commitOrReject(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#commit(batch)
      this.#refusedSinceMs = undefined
    } catch (error) {
      if (batch.length > 1 && isOneActsFault(error)) {
        // Nothing was committed: each for itself, so that only the one at fault fails.
        for (const waiting of batch)
          if (this.#stopped === undefined) await this.#commitOrReject([waiting])
          else waiting.settle.reject(this.#stopped)
        return
      }
      const known = this.#judge(error)
      for (const { settle } of batch) settle.reject(known)
    }
  }

  #judge(error: unknown): Error {
    if (
      error instanceof UnknownCommitState ||
      (error instanceof BoxError && error.fault === 'fatal')
    ) {
      this.#context.fatal(error)
      return new BoxError('journal-stopped', 'retryable', 'the journal restarts', { cause: error })
    }
    if (error instanceof BoxError) return error
    if (isOneActsFault(error))
      return new BoxError('act-refused', 'caller', 'this act can’t be journalled', { cause: error })
    this.#refusedSinceMs ??= this.#context.clock.monotonicMs()
    return new BoxError('journal-busy', 'retryable', 'the journal could not be written', {
      cause: error,
    })
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const { database, epoch, crypto } = this.#context
    const failed = new Map<Waiting, unknown>()
    let end = this.#end
    const committed = await database.transaction(async (client) => {
      failed.clear()
      const state = await lockState(client)
      if (state?.size !== this.#end.size || state.epoch !== epoch)
        throw new BoxError(
          'journal-conflict',
          'fatal',
          `the journal in the database is not the one this process wrote (size ${String(state?.size)} and epoch ${String(state?.epoch)}, expected ${this.#end.size} and ${epoch})`,
        )
      const accepted = await this.#apply(client, batch, failed)
      const sha3 = this.#end.sha3.clone()
      let { prev, size } = this.#end
      const traces: CommittedTrace[] = []
      const rows: ActRows[] = []
      const records: TraceRow[] = []
      for (const { act, settle } of accepted) {
        const timeMs = this.#context.clock.nowMs()
        const { bytes, openings } = this.#trace(act, { seq: size, timeMs, prev, sha3 })
        traces.push({ seq: size, timeMs, bytes, settle })
        records.push({
          seq: size,
          bytes,
          leaf: leafHash(crypto, bytes),
          act: act.act,
          outcome: act.outcome,
          vault: act.vault ?? null,
          object: act.object ?? null,
        })
        rows.push({ openings })
        if (act.rows !== undefined) rows.push(act.rows({ seq: size, timeMs }))
        prev = crypto.hash('sha256', bytes)
        sha3.append(bytes)
        size += 1
      }
      if (traces.length > 0) {
        await appendTraces(client, records, size)
        await insertActRows(client, rows)
      }
      end = { size, prev, sha3 }
      return traces
    })
    this.#end = end
    for (const [{ settle }, error] of failed) settle.reject(error)
    if (committed.length > 0) this.#context.committed(committed, end)
  }

  /** Runs the acts' own statements, each under a savepoint, so that one that the database refuses leaves the others alone. */
  async #apply(
    client: Client,
    batch: readonly Waiting[],
    failed: Map<Waiting, unknown>,
  ): Promise<Waiting[]> {
    const accepted: Waiting[] = []
    for (const waiting of batch) {
      const { apply } = waiting.act
      if (apply !== undefined) {
        await client.query('SAVEPOINT act')
        try {
          await apply(client, { seq: this.#end.size + accepted.length })
          await client.query('RELEASE SAVEPOINT act')
        } catch (error) {
          await client.query('ROLLBACK TO SAVEPOINT act')
          failed.set(waiting, error)
          continue
        }
      }
      accepted.push(waiting)
    }
    return accepted
  }

  #trace(
    act: Act,
    at: { seq: number; timeMs: number; prev: Uint8Array; sha3: Sha3Chain },
  ): { bytes: Uint8Array; openings: JournalOpeningRow[] } {
    const { clock, crypto, origin } = this.#context
    const openings: JournalOpeningRow[] = []
    const committed = (field: string, text: string) => {
      const salt = this.#context.randomness.bytes(32)
      const value = utf8(text)
      openings.push({ seq: at.seq, field, salt, value })
      return commit(crypto, field, salt, value)
    }
    const data: JsonObject = {
      ...act.data,
      ...act.dataAt?.(at.sha3),
      ...Object.fromEntries(
        Object.entries(act.hidden ?? {}).map(([field, value]) => [field, committed(field, value)]),
      ),
    }
    // In the order of canonical JSON, which spares sorting.
    const bytes = formatTrace({
      act: act.act,
      actor: act.actorId === undefined ? null : committed('actor', act.actorId),
      ...(act.blocks === undefined || act.blocks.length === 0 ? {} : { blocks: [...act.blocks] }),
      boot: clock.bootId(),
      data,
      format: 1,
      monotonicMs: Math.floor(clock.monotonicMs()),
      object: act.object ?? null,
      objectCommitment: act.objectCommitment ?? null,
      origin,
      outcome: act.outcome,
      prev: toHex(at.prev),
      seq: at.seq,
      time: formatTime(at.timeMs),
      vault: act.vault ?? null,
    })
    return { bytes, openings }
  }
}

/** Whether an act's own values were refused, by the format of traces or by the database, rather than the journal being out of order. */
const isOneActsFault = (error: unknown): boolean =>
  error instanceof EvidenceError || (error instanceof PostgresError && error.kind === 'caller')

export const EMPTY_PREV = fromHex('00'.repeat(32))
