import {
  buildHashTree,
  EvidenceError,
  toHex,
  type EvidenceCrypto,
  type HashTree,
  type JsonObject,
  type RenewalKind,
} from '@probant/evidence'
import { formatTime, Loop, type Clock, type Logger, type Randomness } from '@probant/host'
import type { Database } from '@probant/postgres'
import {
  type Relay,
  NoQuorum,
  TimestampClient,
  type AcceptedToken,
  type AuthorityFailure,
  type ImprintAlgorithm,
  type TimestampingSettings,
} from '@probant/timestamping'
import { inTrace, named } from '../dating/named-tokens.ts'
import { BoxError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import {
  keepRenewal,
  readRenewals,
  type RecordId,
  type RenewedRecordRow,
} from '../store/renewals.ts'
import { recordGroups, recordsOfGroup, type RecordGroup } from '../store/token-terms.ts'
import { stageOf, toldFailures } from './failures.ts'
import { endOf, lapsed, plansOf, type RenewalPlan } from './plan.ts'
import { KeptRecords, type KeptRecord, packed, renewedHashes } from './records.ts'
import type { RenewalSchedule } from './schedule.ts'
import { readNewTerms, termsOf } from './terms.ts'

/** Records under one hash tree: their rows are committed together, and acts wait no longer than for a few deposits. */
const MOST_RECORDS = 4096
const LOOK_EVERY_MS = 60_000
/** Between two rounds; after a start, the first comes a minute later: who opens a box for a single act asks nobody. */
const ROUND_EVERY_MS = 3_600_000
/** Of the time before an end: as long as new tokens come of an authority that is near its own, they are renewed together. */
const REST_SHARE = 0.1

/** Who asked for a renewal out of turn. */
export interface RenewalRequest {
  readonly operator: string
  /** True: all that still proves, whenever it ends. */
  readonly now: boolean
}

/** What came of it. */
export interface RenewalResult {
  /** Outside tokens whose records go on with a new one. */
  readonly renewed: number
  /** Why others don't, as sentences. */
  readonly failures: readonly string[]
}

export interface RenewalContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Logger
  readonly journal: Journal
  /** How authorities are reached by way of the centre. */
  readonly relay?: Relay
  readonly schedule: RenewalSchedule
  /** Authorities outside; undefined: none is configured. */
  readonly settings: TimestampingSettings | undefined
}

const failureWords = {
  'no-authority': 'no authority outside is configured',
  'no-digest': 'every digest for a new hash tree is retired by then',
  'no-quorum': 'too few authorities gave a token',
  over: 'it has ended already',
} as const

/** Why nothing was renewed, by the code that its trace carries. */
class RenewalFailure extends Error {
  readonly reason: keyof typeof failureWords
  readonly authorities: readonly AuthorityFailure[]

  constructor(reason: RenewalFailure['reason'], authorities: readonly AuthorityFailure[] = []) {
    const whys = authorities.map(({ what }) => what).join('; ')
    super(whys === '' ? failureWords[reason] : `${failureWords[reason]}: ${whys}`)
    this.reason = reason
    this.authorities = authorities
  }
}

/**
 * Renews what dates the journal from outside before it stops proving (RFC 4998 section 5): the records of many outside tokens under one
 * hash tree, one token an authority over its root. What there is to do follows from the tokens kept, so that a start after any
 * interruption goes on where it was. Failures are journalled once, and once more when the end is near and when it is over.
 */
export class Renewal {
  readonly #context: RenewalContext
  readonly #client: TimestampClient | undefined
  readonly #stopping = new AbortController()
  readonly #loop: Loop
  /** By the monotonic clock. */
  #nextRoundMs: number
  #turn: Promise<unknown> = Promise.resolve()
  #groups: readonly RecordGroup[] = []

  private constructor(context: RenewalContext) {
    this.#context = context
    const { clock, log: logger, settings } = context
    if (settings !== undefined && settings.authorities.length > 0)
      this.#client = new TimestampClient(settings, context)
    this.#nextRoundMs = clock.monotonicMs() + LOOK_EVERY_MS
    const work = () => this.#roundIfDue()
    this.#loop = new Loop({ name: 'renewal', clock, logger, everyMs: LOOK_EVERY_MS, work })
  }

  static async open(context: RenewalContext): Promise<Renewal> {
    const renewal = new Renewal(context)
    renewal.#groups = await recordGroups(context.database)
    return renewal
  }

  start(): void {
    this.#loop.start()
  }

  /** Waits for what is under way; an authority that is being waited for is given up. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop.stop()
    await this.#turn
  }

  /** When the first record that still proves stops, as of the last round; undefined: there is none. */
  get nearestEndMs(): number | undefined {
    const { schedule, clock } = this.#context
    const now = clock.nowMs()
    const ends = this.#groups.map((group) => endOf(group, schedule)).filter((end) => end > now)
    return ends.length === 0 ? undefined : Math.min(...ends)
  }

  /** Records that have stopped proving, as of the last round. */
  get overdue(): number {
    const { schedule, clock } = this.#context
    const over = lapsed(this.#groups, schedule, clock.nowMs())
    return over.reduce((sum, { count }) => sum + count, 0)
  }

  /** Renews what is due, without waiting for the next round; done, or journalled as failed, when this resolves. */
  request(request: RenewalRequest): Promise<RenewalResult> {
    return this.#inTurn(() => this.#round(request))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #roundIfDue(): Promise<void> {
    const { clock } = this.#context
    if (clock.monotonicMs() < this.#nextRoundMs) return
    this.#nextRoundMs = clock.monotonicMs() + ROUND_EVERY_MS
    await this.#inTurn(() => this.#round())
  }

  async #round(asked?: RenewalRequest): Promise<RenewalResult> {
    const { database, crypto, clock, schedule, journal } = this.#context
    if (journal.stoppedBecause !== undefined || this.#stopping.signal.aborted)
      return { renewed: 0, failures: [] }
    await readNewTerms(database, crypto)
    this.#groups = await recordGroups(database)
    const now = clock.nowMs()
    await this.#tellLapsed(now)
    const lastMs = (await readRenewals(database)).at(-1)?.receivedAtMs ?? -Infinity
    const restMs = schedule.leadMs * REST_SHARE
    const failures: string[] = []
    let renewed = 0
    for (const plan of plansOf(this.#groups, schedule, now, asked?.now)) {
      const mayRest = lastMs + restMs > now && plan.endsMs > now + 2 * restMs
      if (asked === undefined && mayRest) continue
      const result = await this.#renew(plan, asked)
      renewed += result.renewed
      failures.push(...result.failures)
    }
    this.#groups = await recordGroups(database)
    return { renewed, failures }
  }

  async #renew(plan: RenewalPlan, asked: RenewalRequest | undefined): Promise<RenewalResult> {
    const { clock, schedule, log } = this.#context
    let renewed = 0
    try {
      for (let some = { isAll: false, count: 1 }; !some.isAll && some.count > 0;) {
        some = await this.#renewSome(plan, asked)
        renewed += some.count
      }
      return { renewed, failures: [] }
    } catch (error) {
      if (this.#stopping.signal.aborted) return { renewed, failures: ['the service stops'] }
      const failure =
        error instanceof NoQuorum ? new RenewalFailure('no-quorum', error.failures) : error
      if (!(failure instanceof RenewalFailure)) throw error
      const ends = formatTime(plan.endsMs)
      const { reason, authorities } = failure
      log.warn(
        { reason, authorities, ends, records: plan.records },
        'outside tokens were not renewed',
      )
      const stage = stageOf(plan.endsMs, schedule.leadMs, clock.nowMs())
      await this.#tell(failure, plan, { ends, stage })
      return { renewed, failures: [`what ends at ${ends}: ${failure.message}`] }
    }
  }

  /** As many records as one tree takes. @returns how many a new token helped, and whether there are no others */
  async #renewSome(
    plan: RenewalPlan,
    asked: RenewalRequest | undefined,
  ): Promise<{ count: number; isAll: boolean }> {
    const { database, crypto, clock, journal, log } = this.#context
    const { kind, algorithm } = plan
    const all = await this.#idsOf(plan)
    const isAll = all.length < MOST_RECORDS
    if (algorithm === undefined) throw new RenewalFailure('no-digest')
    const kept = new KeptRecords(database, crypto)
    const hashes: Uint8Array[][] = []
    const ids: typeof all = []
    for (const each of all) {
      const found = await this.#readable(kept, each.id)
      if (found === undefined) continue
      ids.push(each)
      hashes.push(renewedHashes(crypto, found, kind, algorithm))
    }
    if (ids.length === 0) return { count: 0, isAll }
    const tree = buildHashTree(crypto, algorithm, hashes)
    const first = Math.min(...ids.map(({ endsMs }) => endsMs))
    const tokens = await this.#stamp(tree, algorithm, first)
    const number = ((await readRenewals(database)).at(-1)?.number ?? 0) + 1
    const records = ids.flatMap(({ id, endsMs }, at): RenewedRecordRow[] => {
      // With several tokens, each authority's record goes on with one, as independent of the others' as it was.
      const tokenPlace = id.place % tokens.length
      const isLonger = (tokens[tokenPlace]?.endsMs ?? 0) > endsMs
      const reduced = packed(tree.reduced[at] ?? [])
      return isLonger ? [{ ...id, renewal: number, tokenPlace, reduced }] : []
    })
    const { root } = tree
    const receivedAtMs = clock.nowMs()
    const told = inTrace(tokens)
    await journal.record({
      act: 'evidence-renewed',
      outcome: 'done',
      data: {
        renewal: number,
        ...{ kind, algorithm, root: toHex(root), records: records.length, tokens: told },
        asked: asked === undefined ? 'schedule' : 'console',
      },
      ...(asked === undefined ? {} : { hidden: { operator: asked.operator } }),
      apply: (client) =>
        keepRenewal(client, { number, kind, algorithm, root, receivedAtMs }, tokens, records),
    })
    await readNewTerms(database, crypto)
    log.info({ number, kind, records: records.length, tokens: told }, 'outside tokens were renewed')
    return { count: records.length, isAll }
  }

  /** One record that was altered must not keep all others from being renewed: box fsck names it. */
  async #readable(records: KeptRecords, id: RecordId): Promise<KeptRecord | undefined> {
    try {
      return await records.read(id)
    } catch (error) {
      if (!(error instanceof BoxError || error instanceof EvidenceError)) throw error
      this.#context.log.error({ err: error, ...id }, 'an outside token can’t be renewed')
      return undefined
    }
  }

  async #idsOf({ groups }: RenewalPlan): Promise<{ id: RecordId; endsMs: number }[]> {
    const { database, schedule } = this.#context
    const ids: { id: RecordId; endsMs: number }[] = []
    for (const group of groups) {
      const endsMs = endOf(group, schedule)
      const found = await recordsOfGroup(database, group, MOST_RECORDS - ids.length)
      ids.push(...found.map((id) => ({ id, endsMs })))
    }
    return ids
  }

  /** Tokens over a tree's root that prove longer than the first of those that they renew. @throws NoQuorum, RenewalFailure */
  async #stamp({ root }: HashTree, imprintAlgorithm: ImprintAlgorithm, firstEndMs: number) {
    const { crypto } = this.#context
    if (this.#client === undefined) throw new RenewalFailure('no-authority')
    const { signal } = this.#stopping
    const { tokens } = await this.#client.stamp(root, signal, {
      imprintAlgorithm,
      refusal: async (token) => {
        const endsMs = await this.#endOf(token)
        if (endsMs > Math.max(firstEndMs, this.#context.clock.nowMs())) return undefined
        return `its token would prove until ${formatTime(endsMs)} alone, no longer than what it renews`
      },
    })
    return Promise.all(
      named(crypto, tokens).map(async (each) => ({ ...each, endsMs: await this.#endOf(each) })),
    )
  }

  async #endOf(token: AcceptedToken): Promise<number> {
    const terms = await termsOf(this.#context.crypto, token)
    if (terms === undefined) return 0
    const group: RecordGroup = { ...terms, subject: '', algorithm: 'sha512', count: 1 }
    return endOf(group, this.#context.schedule)
  }

  async #tellLapsed(nowMs: number): Promise<void> {
    const { schedule } = this.#context
    for (const group of lapsed(this.#groups, schedule, nowMs)) {
      const ends = formatTime(endOf(group, schedule))
      const plan = { records: group.count, algorithm: undefined }
      await this.#tell(new RenewalFailure('over'), plan, { ends, stage: 'over' })
    }
  }

  async #tell(
    { reason, authorities }: RenewalFailure,
    {
      records,
      kind,
      algorithm,
    }: Pick<RenewalPlan, 'records' | 'algorithm'> & { kind?: RenewalKind },
    { ends, stage }: { ends: string; stage: string },
  ): Promise<void> {
    const { database, journal } = this.#context
    const told = await toldFailures(database)
    if (told.some((each) => each.ends === ends && each.stage === stage)) return
    const data: JsonObject = {
      reason,
      ...{ ends, stage, records },
      kind: kind ?? null,
      algorithm: algorithm ?? null,
      authorities: authorities.map(({ authority, code }) => ({ authority, code })),
    }
    await journal.record({ act: 'evidence-renewed', outcome: 'failed', data })
  }
}
