import type { Clock, Logger, Randomness } from '@probant/host'
import { DepositError, mayBeCommitted, type Deposited } from '../deposit/deposit.ts'
import { BoxError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { Queryable } from '../store/journal.ts'
import { findObject } from '../store/objects.ts'
import type { PiecesSoFar, UploadPieces } from '../store/upload-pieces.ts'
import { readRecord, recordBytes, type UploadOutcome, type UploadRecord } from './record.ts'

export interface UploadsContext {
  readonly pieces: UploadPieces
  readonly database: Queryable
  readonly journal: Journal
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Logger
  /** Uploads under way that one user may have. */
  readonly mostOfOneUser: number
  readonly lifetimeMs: number
}

/** What its sender said of a new upload. */
export type NewUpload = Omit<
  UploadRecord,
  'id' | 'objectId' | 'createdAtMs' | 'expiresAtMs' | 'outcome'
>

interface Writing {
  stop(): void
  readonly ended: Promise<void>
}

/**
 * Uploads in pieces, over several connections and starts of the box, each of which becomes one deposit when its last byte is there. Their
 * bytes are no deposit before: they are in no vault, and go when the upload expires.
 */
export class Uploads {
  readonly #context: UploadsContext
  readonly #writing = new Map<string, Writing>()
  readonly #turns = new Map<string, Promise<void>>()
  readonly #ending = new Map<string, Promise<UploadOutcome>>()
  /** Deposits of which only a restart, or the journal's next checkpoint, can tell whether they were kept. */
  readonly #uncertain = new Set<string>()
  #known: Promise<Map<string, UploadRecord>> | undefined

  constructor(context: UploadsContext) {
    this.#context = context
  }

  /** @throws BoxError `too-many-uploads` (caller), `store-failed` */
  async create(given: NewUpload): Promise<UploadRecord> {
    const { clock, randomness, mostOfOneUser, lifetimeMs, pieces } = this.#context
    const known = await this.#records()
    const own = [...known.values()].filter(
      ({ userId, outcome }) => userId === given.userId && outcome === null,
    )
    if (own.length >= mostOfOneUser)
      throw new BoxError('too-many-uploads', 'caller', 'this user has too many uploads under way')
    const createdAtMs = clock.nowMs()
    const record: UploadRecord = {
      ...given,
      id: randomness.uuid(),
      objectId: randomness.uuid(),
      createdAtMs,
      expiresAtMs: createdAtMs + lifetimeMs,
      outcome: null,
    }
    known.set(record.id, record)
    try {
      await pieces.create(record.id, recordBytes(record))
    } catch (error) {
      known.delete(record.id)
      throw error
    }
    return record
  }

  /** A user's upload, unless it has expired. */
  async find(id: string, userId: string): Promise<UploadRecord | undefined> {
    const record = (await this.#records()).get(id)
    const isThere = record?.userId === userId && record.expiresAtMs > this.#context.clock.nowMs()
    return isThere ? record : undefined
  }

  /** How much of it is there. What is still being written to it is ended first: its sender has begun anew. */
  async soFar({ id, lengthBytes, outcome }: UploadRecord): Promise<PiecesSoFar> {
    if (outcome !== null) return { pieces: 0, bytes: lengthBytes }
    return this.#inTurn(id, () => this.#soFar(id))
  }

  /**
   * Appends what comes, if the upload is at this byte; also what came before the stream broke off is kept.
   * @param stop breaks the stream off
   * @returns where the upload is, if not there: nothing was appended
   * @throws what the stream throws; BoxError `store-failed`
   */
  async append(
    { id }: UploadRecord,
    offset: number,
    stream: AsyncIterable<Uint8Array>,
    stop: () => void,
  ): Promise<{ readonly elsewhere?: number }> {
    const begun = await this.#inTurn(id, async () => {
      const before = await this.#soFar(id)
      if (before.bytes !== offset) return { elsewhere: before.bytes }
      const work = this.#context.pieces.append(id, before, stream)
      const writing = { stop, ended: work.catch(() => undefined) }
      this.#writing.set(id, writing)
      return { work, writing }
    })
    if (begun.work === undefined) return begun
    try {
      await begun.work
      return {}
    } finally {
      if (this.#writing.get(id) === begun.writing) this.#writing.delete(id)
    }
  }

  /** The bytes of one that is whole. */
  bytes({ id }: UploadRecord, soFar: PiecesSoFar): AsyncIterable<Uint8Array> {
    return this.#context.pieces.bytes(id, soFar)
  }

  /**
   * Deposits an upload that is whole, once, however often and at how many places at once it is ended, and whatever ended the box meanwhile.
   * @throws DepositError; BoxError `journal-late` while nobody knows whether it is kept
   */
  async end(record: UploadRecord, hand: () => Promise<Deposited>): Promise<UploadOutcome> {
    if (record.outcome !== null) return record.outcome
    const { id } = record
    const underWay = this.#ending.get(id)
    if (underWay !== undefined) return underWay
    const ending = this.#end(record, hand).finally(() => this.#ending.delete(id))
    this.#ending.set(id, ending)
    return ending
  }

  /** Its sender doesn't want it any more. */
  async withdraw(record: UploadRecord): Promise<void> {
    await this.#stopWriting(record.id)
    await this.#drop(record, 'upload-withdrawn')
  }

  /** Removes what has expired. */
  async removeExpired(): Promise<void> {
    const { clock, pieces } = this.#context
    if (this.#known === undefined && (await pieces.list()).length === 0) return
    for (const record of (await this.#records()).values()) {
      const isInUse = this.#writing.has(record.id) || this.#ending.has(record.id)
      if (record.expiresAtMs > clock.nowMs() || isInUse) continue
      await this.#drop(record, 'upload-expired')
    }
  }

  async #end(record: UploadRecord, hand: () => Promise<Deposited>): Promise<UploadOutcome> {
    const { id, objectId } = record
    if (await this.#isDeposited(record))
      return this.#settle(record, { state: 'deposited', objectId })
    if (this.#uncertain.has(id))
      throw new BoxError('journal-late', 'retryable', 'whether it is kept is not known yet')
    try {
      const deposited = await hand()
      const kept = deposited.kind === 'kept' ? deposited.row.id : deposited.objectId
      return await this.#settle(record, { state: 'deposited', objectId: kept })
    } catch (error) {
      if (!(error instanceof DepositError)) throw error
      if (mayBeCommitted(error)) this.#uncertain.add(id)
      const { cause } = error
      const isFinal =
        cause instanceof BoxError &&
        (cause.fault === 'caller' || cause.code === 'integrity-failure') &&
        !(await this.#isDeposited(record))
      if (isFinal) await this.#settle(record, { state: 'refused', reason: cause.code })
      throw error
    }
  }

  async #isDeposited({ vaultId, objectId }: UploadRecord): Promise<boolean> {
    return (await findObject(this.#context.database, vaultId, objectId)) !== undefined
  }

  async #settle(record: UploadRecord, outcome: UploadOutcome): Promise<UploadOutcome> {
    const { pieces } = this.#context
    const settled = { ...record, outcome }
    await pieces.record(record.id, recordBytes(settled))
    ;(await this.#records()).set(record.id, settled)
    await pieces.discardBytes(record.id)
    return outcome
  }

  async #drop({ id, vaultId, userId, outcome }: UploadRecord, reason: string): Promise<void> {
    const { journal, pieces } = this.#context
    if (outcome === null)
      await journal.record({
        act: 'deposit',
        outcome: 'refused',
        vault: vaultId,
        actorId: userId,
        data: { reason, step: 'digests' },
      })
    await pieces.remove(id)
    ;(await this.#records()).delete(id)
  }

  async #soFar(id: string): Promise<PiecesSoFar> {
    await this.#stopWriting(id)
    return this.#context.pieces.soFar(id)
  }

  /** One after the other for each upload: who asks how far it is, and who goes on from there. */
  async #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id)
    const turn = (before ?? Promise.resolve()).then(work)
    const settled = turn.then(
      () => undefined,
      () => undefined,
    )
    this.#turns.set(id, settled)
    try {
      return await turn
    } finally {
      if (this.#turns.get(id) === settled) this.#turns.delete(id)
    }
  }

  async #stopWriting(id: string): Promise<void> {
    const writing = this.#writing.get(id)
    writing?.stop()
    await writing?.ended
  }

  async #records(): Promise<Map<string, UploadRecord>> {
    this.#known ??= this.#read()
    this.#known.catch(() => (this.#known = undefined))
    return this.#known
  }

  async #read(): Promise<Map<string, UploadRecord>> {
    const { pieces, log } = this.#context
    const records = new Map<string, UploadRecord>()
    for (const id of await pieces.list()) {
      const bytes = await pieces.readRecord(id)
      if (bytes !== undefined) records.set(id, readRecord(bytes))
      else {
        log.warn({ upload: id }, 'an upload can’t be read and is removed')
        await pieces.remove(id)
      }
    }
    return records
  }
}
