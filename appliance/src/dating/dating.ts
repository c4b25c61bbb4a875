import { datedGroup, utf8, type EvidenceCrypto } from '@probant/evidence'
import { Loop, type Clock, type Logger, type Randomness } from '@probant/host'
import type { Database } from '@probant/postgres'
import {
  NoQuorum,
  TimestampClient,
  type Relay,
  type TimestampingSettings,
} from '@probant/timestamping'
import type { Journal } from '../journal/journal.ts'
import { newestCheckpoint, newestSeal } from '../store/journal.ts'
import { hasDepositFrom, keepDating, type StampedHead } from '../store/outside-tokens.ts'
import { inTrace, named } from './named-tokens.ts'
import { datingStanding, type DatingStanding } from './standing.ts'

const LOOK_EVERY_MS = 10_000
const INTERVAL_SECONDS = 3600
/** Of the limit: what is left is for attempts that fail. */
const SHARE_OF_LIMIT = 0.9
const FIRST_RETRY_MS = 60_000
const LONGEST_RETRY_MS = 900_000

export interface DatingContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Logger
  readonly journal: Journal
  /** Writes a seal now. */
  readonly seal: () => Promise<void>
  /** How authorities are reached by way of the centre. */
  readonly relay: Relay
  /** Undefined: no authority is configured. */
  readonly settings: TimestampingSettings | undefined
}

/**
 * Has the box's checkpoints dated by authorities outside: when there are receipts to date and the interval is over, and in any case before
 * the limit. The head that is stamped is the newest one with a seal just before it; its tokens and a trace that names them are committed
 * together. Failures are journalled, once for a series and once when the limit is over, which tells the supervision centre.
 */
export class Dating {
  readonly #context: DatingContext
  readonly #client: TimestampClient | undefined
  readonly #stopping = new AbortController()
  readonly #loop: Loop
  #datedSize = 0
  #newestTimeMs = 0
  /** By the monotonic clock. */
  #retryAtMs = 0
  #retryMs = FIRST_RETRY_MS

  private constructor(context: DatingContext) {
    this.#context = context
    const { clock, log: logger, settings } = context
    if (settings !== undefined && settings.authorities.length > 0)
      this.#client = new TimestampClient(settings, context)
    const work = () => this.#stampIfDue()
    this.#loop = new Loop({ name: 'dating', clock, logger, everyMs: LOOK_EVERY_MS, work })
  }

  static async open(context: DatingContext): Promise<Dating> {
    const dating = new Dating(context)
    await dating.#reload()
    return dating
  }

  /** Traces below this are dated by an authority outside. */
  get datedSize(): number {
    return this.#datedSize
  }

  /** Time of the newest outside token; 0: there is none. */
  get newestTimeMs(): number {
    return this.#newestTimeMs
  }

  standing(): Promise<DatingStanding> {
    const { database, settings, clock } = this.#context
    return datingStanding(database, settings, clock.nowMs())
  }

  /** From here on authorities are asked, a moment later at the earliest: who opens a box for a single act asks nobody. */
  start(): void {
    if (this.#client === undefined) return
    this.#retryAtMs = this.#context.clock.monotonicMs() + LOOK_EVERY_MS
    this.#loop.start()
  }

  /** Waits for what is under way; an authority that is being waited for is given up. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop.stop()
  }

  async #reload(): Promise<void> {
    const { size, last } = await this.standing()
    this.#datedSize = size
    this.#newestTimeMs = last === null ? 0 : Date.parse(last.time)
  }

  async #stampIfDue(): Promise<void> {
    const { clock, journal } = this.#context
    const isWaiting = clock.monotonicMs() < this.#retryAtMs
    if (isWaiting || journal.stoppedBecause !== undefined || !(await this.#isDue())) return
    try {
      await this.#stamp()
      this.#retryMs = FIRST_RETRY_MS
    } catch (error) {
      this.#retryAtMs = clock.monotonicMs() + this.#retryMs
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS)
      if (!(error instanceof NoQuorum)) throw error
      if (this.#stopping.signal.aborted) return
      await this.#tellFailure(error)
    }
  }

  async #isDue(): Promise<boolean> {
    const { database, clock, settings } = this.#context
    const { size, receivedAtMs, limitMs } = await this.standing()
    if (receivedAtMs === undefined) return true
    // A clock that was put back makes the newest token one of the future.
    const ageMs = Math.abs(clock.nowMs() - receivedAtMs)
    if (ageMs >= limitMs * SHARE_OF_LIMIT) return true
    const intervalMs = (settings?.intervalSeconds ?? INTERVAL_SECONDS) * 1000
    return ageMs >= intervalMs && (await hasDepositFrom(database, size))
  }

  async #stamp(): Promise<void> {
    const { crypto, clock, journal, log } = this.#context
    const head = await this.#newestHead()
    if (head === undefined || this.#client === undefined) return
    const { imprint } = datedGroup(crypto, head.checkpoint, head.seal)
    const { tokens } = await this.#client.stamp(imprint, this.#stopping.signal)
    const kept = named(crypto, tokens)
    const receivedAtMs = clock.nowMs()
    await journal.record({
      act: 'checkpoint-dated',
      outcome: 'done',
      data: { size: head.size, tokens: inTrace(kept) },
      apply: (client) => keepDating(client, { ...head, receivedAtMs }, kept),
    })
    await this.#reload()
    const by = kept.map(({ authority, genTime }) => ({ authority, genTime }))
    log.info({ size: head.size, by }, 'a checkpoint was dated by authorities outside')
  }

  /** The newest checkpoint, over a seal of everything before. */
  async #newestHead(): Promise<StampedHead | undefined> {
    const { database } = this.#context
    await this.#context.seal()
    const checkpoint = await newestCheckpoint(database)
    const seal = await newestSeal(database)
    if (checkpoint === undefined || seal === undefined) return undefined
    return { size: checkpoint.size, checkpoint: utf8(checkpoint.note), seal }
  }

  async #tellFailure(error: NoQuorum): Promise<void> {
    const { journal, log } = this.#context
    const { failing, isOverdue, last, limitMs } = await this.standing()
    const what = { failures: error.failures, lastToken: last?.time ?? null }
    if (isOverdue) log.error(what, 'no outside token for longer than the limit')
    if (failing !== undefined && (!isOverdue || failing.isOverdueTold)) return
    await journal.record({
      act: 'checkpoint-dated',
      outcome: 'failed',
      data: {
        reason: error.code,
        authorities: error.failures.map(({ authority, code }) => ({ authority, code })),
        lastToken: last?.time ?? null,
        limitHours: limitMs / 3_600_000,
        overdue: isOverdue,
      },
    })
    log.warn(what, 'no authority outside dated the journal')
  }
}
