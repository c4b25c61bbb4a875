import {
  CompactRange,
  equalBytes,
  formatCheckpointText,
  formatNote,
  keyIdOf,
  leafHash,
  signatureLine,
  utf8,
  type EvidenceCrypto,
  type Sha3Chain,
} from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import { KeyError } from '@probant/keys'
import { PostgresError, type Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import {
  keepNodes,
  keepSha3State,
  readTraces,
  swapCheckpoint,
  type CheckpointRow,
  type NodeRow,
} from '../store/journal.ts'
import type { CommittedTrace } from './sequencer.ts'

/** A segment carries at most 1,000 traces and ends at a checkpoint (formats, section 12). */
const MAX_TRACES_PER_CHECKPOINT = 1000
const MAX_SIGNER_PAUSE_MS = 5000

/** The journal's signing key as the certifier needs it: message in, DER ECDSA signature out. */
export interface JournalSigner {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Promise<Uint8Array>
}

export interface CertifierContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly log: Logger
  readonly origin: string
  readonly epoch: number
  readonly signer: JournalSigner
  /** Told before those who wait: the new head, and every node of the tree that it completed. */
  readonly certified: (checkpoint: CheckpointRow, nodes: readonly NodeRow[]) => void
  /** Stops this certifier; the process must restart and recover. */
  readonly fatal: (error: Error) => void
}

interface Committed {
  readonly traces: readonly CommittedTrace[]
  /** State over every trace up to the last of these; undefined where it isn't known for that very size. */
  readonly sha3: Sha3Chain | undefined
}

/**
 * Turns committed traces into a signed checkpoint: reads the committed leaves back, computes the root twice from two sources, signs in
 * hardware, verifies the signature, stores the checkpoint by compare and swap, and only then tells those who wait for it.
 */
export class Certifier {
  readonly #context: CertifierContext
  #range: CompactRange
  #pending: Committed[] = []
  #isRunning = false
  #settled: Promise<void> = Promise.resolve()
  #stopped: BoxError | undefined
  #waitingTraces = 0
  #waitsFor: string | undefined
  #waitsSinceMs: number | undefined

  constructor(context: CertifierContext, range: CompactRange) {
    this.#context = context
    this.#range = range
  }

  /** Number of traces under the newest durable checkpoint. */
  get size(): number {
    return this.#range.size
  }

  /** Committed traces without a checkpoint. */
  get waitingTraces(): number {
    return this.#waitingTraces
  }

  /** What keeps the next checkpoint from being made; undefined while all is well. */
  get waitsFor(): string | undefined {
    return this.#waitsFor
  }

  /** Since when, by the monotonic clock. */
  get waitsSinceMs(): number | undefined {
    return this.#waitsSinceMs
  }

  /** Why nothing is certified any more. */
  get stoppedBecause(): BoxError | undefined {
    return this.#stopped
  }

  add(traces: readonly CommittedTrace[], sha3: Sha3Chain | undefined): void {
    if (this.#stopped !== undefined) {
      reject(traces, this.#stopped)
      return
    }
    this.#pending.push({ traces, sha3 })
    this.#waitingTraces += traces.length
    if (!this.#isRunning) this.#settled = this.#run()
  }

  async settled(): Promise<void> {
    await this.#settled
  }

  /** Tells those who wait. What they wait for is committed, so `reason` must not say that nothing was recorded. */
  stop(reason: BoxError): void {
    this.#stopped ??= reason
    for (const { traces } of this.#pending.splice(0)) reject(traces, reason)
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#pending.length > 0 && this.#stopped === undefined) {
      const group = this.#nextGroup()
      const traces = group.flatMap((each) => each.traces)
      try {
        const checkpoint = await this.#certify(traces, group.at(-1)?.sha3)
        this.#waitingTraces -= traces.length
        this.#waitsFor = undefined
        this.#waitsSinceMs = undefined
        for (const { settle, seq, timeMs, bytes } of traces)
          settle.resolve({ seq, timeMs, trace: bytes, checkpoint })
      } catch (error) {
        const cause = error instanceof Error ? error : new Error(String(error))
        const stopped = new BoxError('journal-stopped', 'retryable', 'the journal restarts', {
          cause,
        })
        reject(traces, stopped)
        this.stop(stopped)
        this.#context.fatal(cause)
      }
    }
    this.#isRunning = false
  }

  #nextGroup(): Committed[] {
    let count = 0
    let taken = 0
    for (const each of this.#pending) {
      if (taken > 0 && count + each.traces.length > MAX_TRACES_PER_CHECKPOINT) break
      count += each.traces.length
      taken += 1
    }
    return this.#pending.splice(0, taken)
  }

  async #certify(
    traces: readonly CommittedTrace[],
    sha3: Sha3Chain | undefined,
  ): Promise<CheckpointRow> {
    const { database, crypto, clock, origin, epoch } = this.#context
    const previousSize = this.#range.size
    const size = previousSize + traces.length
    const reread = await this.#whileDatabaseIsAway(() => readTraces(database, previousSize, size))
    const fromMemory = this.#range.clone()
    for (const { bytes } of traces) fromMemory.append(leafHash(crypto, bytes))
    const fromDatabase = this.#range.clone()
    const nodes: NodeRow[] = []
    for (const { bytes } of reread)
      fromDatabase.append(leafHash(crypto, bytes), (level, index, hash) => {
        nodes.push({ level, index, hash })
      })
    const root = fromDatabase.root()
    if (fromDatabase.size !== size || !equalBytes(root, fromMemory.root()))
      throw new BoxError(
        'journal-altered',
        'fatal',
        `the traces ${previousSize}–${size - 1} read back from the database are not those that were written`,
      )
    const text = formatCheckpointText({ origin, size, root })
    const note = formatNote(text, [await this.#signedLine(text)])
    const checkpoint = { size, root, note }
    await this.#whileDatabaseIsAway(() =>
      database.transaction(async (client) => {
        const swapped = await swapCheckpoint(client, previousSize, epoch, {
          ...checkpoint,
          signedAtMs: clock.nowMs(),
        })
        if (!swapped)
          throw new BoxError('journal-conflict', 'fatal', 'another process moved the journal on')
        await keepNodes(
          client,
          nodes.filter((node) => node.level > 0),
        )
        if (sha3 !== undefined)
          await keepSha3State(client, { size, chain: sha3.head, range: sha3.range.hashes() })
      }),
    )
    this.#range = fromDatabase
    this.#context.certified(checkpoint, nodes)
    return checkpoint
  }

  #wait(reason: string): void {
    this.#waitsFor = reason
    this.#waitsSinceMs ??= this.#context.clock.monotonicMs()
  }

  /** Signs until the signer gives a signature that verifies. Acts wait meanwhile; the sequencer refuses those that are too many. */
  async #signedLine(text: string): Promise<string> {
    const { signer, crypto, clock, log, origin } = this.#context
    const message = utf8(text)
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, MAX_SIGNER_PAUSE_MS)) {
      if (this.#stopped !== undefined) throw this.#stopped
      try {
        const signature = await signer.sign(message)
        const answer = await crypto.verify(
          'ecdsa-p256-sha256',
          signer.publicKey,
          message,
          signature,
        )
        if (answer === 'valid')
          return signatureLine(origin, keyIdOf(crypto, origin, 2, signer.publicKey), signature)
        this.#wait('the journal key gave a signature that does not verify')
        log.error({ answer }, 'the journal key gave a signature that does not verify')
      } catch (error) {
        const why = error instanceof KeyError ? `: ${error.message}` : ''
        this.#wait(`the journal key does not sign${why}`)
        log.error({ err: error }, 'the journal key does not sign')
      }
      await clock.sleep(pauseMs)
    }
  }

  /** Tries again while the database is unreachable; a commit whose outcome is unknown is never tried again. */
  async #whileDatabaseIsAway<T>(work: () => Promise<T>): Promise<T> {
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
      try {
        return await work()
      } catch (error) {
        // Anything else than the database's own refusal is a fault of this process.
        if (!(error instanceof PostgresError) || this.#stopped !== undefined) throw error
        this.#wait('the database does not answer')
        this.#context.log.warn({ err: error }, 'the database does not answer; the journal waits')
        await this.#context.clock.sleep(pauseMs)
      }
    }
  }
}

function reject(traces: readonly CommittedTrace[], reason: BoxError): void {
  for (const { settle } of traces) settle.reject(reason)
}
