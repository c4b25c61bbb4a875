import {
  parseNote,
  parseTrace,
  sealData,
  toHex,
  utf8,
  type EvidenceCrypto,
  type SealedCosignature,
} from '@probant/evidence'
import { Loop, parseTime, type Clock, type Logger } from '@probant/host'
import type { Database } from '@probant/postgres'
import { cosignaturesReceivedAfter } from '../store/cosignatures.ts'
import { checkpointCovering, newestCheckpoint, newestSeal } from '../store/journal.ts'
import { newestDating, outsideTokensOf } from '../store/outside-tokens.ts'
import type { Journal } from './journal.ts'

const MAX_SEALED_COSIGNATURES = 100
const LOOK_EVERY_MS = 1000

export interface SealContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly log: Logger
  readonly journal: Journal
  /** A seal follows the first unsealed trace after this long. */
  readonly sealAfterSeconds: number
  /** A seal comes at least this often, new traces or not. */
  readonly idleSealSeconds: number
}

/** Writes seal traces when they are due (formats, section 8). A seal never makes another seal due. */
export class SealSchedule {
  readonly #context: SealContext
  #dueMs: number
  /** A start leaves a trace of its own, and may have found others unsealed. */
  #hasUnsealed = true
  /** Of the newest trace that is no seal, as far as was told. */
  #newestActSeq = -1
  /** When the seal before was taken; undefined until it was looked up after a start. */
  #sealedAtMs: number | undefined
  readonly #loop: Loop

  constructor(context: SealContext) {
    this.#context = context
    const { clock, log: logger } = context
    const work = () => this.#sealIfDue()
    this.#loop = new Loop({ name: 'seal', clock, logger, everyMs: LOOK_EVERY_MS, work })
    const soonest = Math.min(context.sealAfterSeconds, context.idleSealSeconds)
    this.#dueMs = context.clock.monotonicMs() + soonest * 1000
    context.journal.onRecorded((act, { seq }) => {
      if (act.act === 'seal') return
      this.#newestActSeq = Math.max(this.#newestActSeq, seq)
      if (this.#hasUnsealed) return
      this.#hasUnsealed = true
      const due = context.clock.monotonicMs() + context.sealAfterSeconds * 1000
      this.#dueMs = Math.min(this.#dueMs, due)
    })
  }

  start(): void {
    this.#loop.start()
  }

  /** Waits for a seal that is being written. */
  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  async #sealIfDue(): Promise<void> {
    const { clock, journal } = this.#context
    if (journal.stoppedBecause === undefined && clock.monotonicMs() >= this.#dueMs)
      await this.seal()
  }

  /** Writes one seal now. Acts go on meanwhile: those that come after it make the next one due. */
  async seal(): Promise<void> {
    this.#nothingIsUnsealed()
    try {
      const seq = await this.#write()
      if (this.#newestActSeq < seq) this.#nothingIsUnsealed()
    } catch (error) {
      this.#hasUnsealed = true
      this.#dueMs = this.#context.clock.monotonicMs()
      throw error
    }
  }

  #nothingIsUnsealed(): void {
    this.#hasUnsealed = false
    this.#dueMs = this.#context.clock.monotonicMs() + this.#context.idleSealSeconds * 1000
  }

  /** @returns the seal's sequence number */
  async #write(): Promise<number> {
    const { database, crypto, clock, journal } = this.#context
    const takenAtMs = clock.nowMs()
    this.#sealedAtMs ??= await lastSealMs(database)
    const cosignatures = await cosignaturesReceivedAfter(
      database,
      this.#sealedAtMs,
      MAX_SEALED_COSIGNATURES,
    )
    const named: SealedCosignature[] = []
    for (const each of cosignatures) {
      const checkpoint = await checkpointCovering(database, each.size)
      if (checkpoint?.size !== each.size || (each.type !== 4 && each.type !== 6)) continue
      named.push({
        size: each.size,
        textSha256: textSha256(crypto, checkpoint.note),
        name: each.name,
        keyId: toHex(each.keyId),
        type: each.type === 4 ? (4 as const) : (6 as const),
        timestamp: each.timestamp,
      })
    }
    const previous = await newestCheckpoint(database)
    const dated = await newestDating(database)
    const [token] = dated === undefined ? [] : await outsideTokensOf(database, dated.size)
    const { seq } = await journal.record({
      act: 'seal',
      outcome: 'done',
      dataAt: (before) =>
        sealData(before, {
          previousCheckpoint:
            previous === undefined
              ? null
              : { size: previous.size, textSha256: textSha256(crypto, previous.note) },
          lastToken: token === undefined ? null : toHex(token.sha256),
          cosignatures: named,
        }),
    })
    this.#sealedAtMs = takenAtMs
    return seq
  }
}

/** Time of the newest seal in the journal; 0 when there is none. */
async function lastSealMs(database: Database): Promise<number> {
  const bytes = await newestSeal(database)
  return bytes === undefined ? 0 : parseTime(parseTrace(bytes).time)
}

const textSha256 = (crypto: EvidenceCrypto, note: string): string =>
  toHex(crypto.hash('sha256', utf8(parseNote(note).text)))
