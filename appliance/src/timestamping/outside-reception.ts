import type { EvidenceCrypto } from '@probant/evidence'
import type { Clock, Logger, Randomness } from '@probant/host'
import {
  NoQuorum,
  TimestampClient,
  type AuthorityFailure,
  type AuthoritySettings,
  type ReceptionSettings,
  type TimestampingSettings,
} from '@probant/timestamping'
import type { ReceptionAuthority } from '../deposit/lat-batch.ts'
import { BoxError } from '../errors.ts'

/** Depositors wait meanwhile. */
const ATTEMPTS = 2
const ANSWER_SECONDS = 5
const LONGEST_ASK_MS = 15_000
/** After a failure, until the authority is asked again. */
const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 300_000
/** So that deposits go on at the pace of the gap while tokens take longer to come. */
const MOST_AT_ONCE = 8

export interface OutsideReceptionContext {
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Logger
  readonly settings: ReceptionSettings
  /** Of the authorities outside. */
  readonly outside: TimestampingSettings | undefined
  /** The box's own authority. */
  readonly internal: (imprintSha256: Uint8Array) => Promise<Uint8Array>
  /** Called once for a series of batches that got the box's own token. */
  readonly onFallback: (failures: readonly AuthorityFailure[]) => void
}

/**
 * Reception tokens by authorities outside: the first one that gives a token. One that failed isn't asked again before a pause, which grows;
 * then one batch tries it. While none gives one, deposits fail, or get the box's own token where the settings say so.
 */
export class OutsideReception implements ReceptionAuthority {
  readonly mostAtOnce = MOST_AT_ONCE
  readonly #context: OutsideReceptionContext
  readonly #authorities: readonly AskedAuthority[]
  readonly #gapMs: number
  readonly #stopping = new AbortController()
  #nextAskMs = 0
  #isFallenBack = false
  #tokens = { outside: 0, internal: 0 }

  /** @throws BoxError `bad-settings`: no authority has an address here */
  constructor(context: OutsideReceptionContext) {
    const { settings, outside } = context
    this.#context = context
    this.#gapMs = settings.gapSeconds * 1000
    // By way of the centre a token takes minutes.
    const reachable = (outside?.authorities ?? []).filter(({ url }) => url !== undefined)
    this.#authorities = reachable.map((each) => new AskedAuthority(each, context))
    if (reachable.length === 0)
      throw new BoxError(
        'bad-settings',
        'fatal',
        'reception tokens are to come from outside, and no time-stamping authority with a url is configured',
      )
  }

  /** Reception tokens since the start, by whose they are. */
  get tokens(): Readonly<Record<'outside' | 'internal', number>> {
    return this.#tokens
  }

  /** Whether deposits get the box's own token, or none, since no authority gave one. */
  get isWithout(): boolean {
    return this.#authorities.every(({ isFailing }) => isFailing)
  }

  async ready(): Promise<void> {
    const { clock } = this.#context
    // Nobody will be asked.
    if (!this.#authorities.some((each) => each.mayBeAsked)) return
    const waitMs = this.#nextAskMs - clock.monotonicMs()
    if (waitMs > 0) await clock.sleep(waitMs, this.#stopping.signal).catch(() => undefined)
  }

  async token(imprintSha256: Uint8Array): Promise<Uint8Array> {
    const { clock, log } = this.#context
    for (const authority of this.#authorities) {
      if (!authority.mayBeAsked) continue
      this.#nextAskMs = clock.monotonicMs() + this.#gapMs
      const token = await authority.token(imprintSha256, this.#stopping.signal)
      if (token === undefined) continue
      if (this.#isFallenBack) log.info('reception tokens come from outside again')
      this.#isFallenBack = false
      this.#tokens.outside += 1
      return token
    }
    return this.#without(imprintSha256)
  }

  /** Gives up what is under way. */
  stop(): void {
    this.#stopping.abort()
  }

  async #without(imprintSha256: Uint8Array): Promise<Uint8Array> {
    const { settings, internal, log, onFallback } = this.#context
    const failures = this.#authorities.flatMap(({ failure }) => failure ?? [])
    if (settings.fallback === 'refuse') {
      const whys = failures.map(({ what }) => what).join('; ')
      const what = `no authority outside gives a reception token: ${whys}`
      throw new BoxError('timestamp-failed', 'retryable', what)
    }
    const token = await internal(imprintSha256)
    this.#tokens.internal += 1
    if (!this.#isFallenBack) {
      this.#isFallenBack = true
      log.error({ failures }, 'no authority outside: reception tokens are the box’s own')
      onFallback(failures)
    }
    return token
  }
}

/** One authority, and how it has been answering. */
class AskedAuthority {
  readonly #client: TimestampClient
  readonly #clock: Clock
  readonly #name: string
  #pauseMs = FIRST_PAUSE_MS
  #retryAtMs = 0
  #isTried = false
  failure: AuthorityFailure | undefined

  constructor(
    settings: AuthoritySettings,
    { crypto, clock, randomness, log, outside }: OutsideReceptionContext,
  ) {
    const timeoutSeconds = Math.min(settings.timeoutSeconds ?? ANSWER_SECONDS, ANSWER_SECONDS)
    const authorities = [{ ...settings, timeoutSeconds }]
    this.#name = settings.name
    this.#clock = clock
    const context = { crypto, clock, randomness, log }
    this.#client = new TimestampClient({ ...outside, authorities, quorum: 1 }, context)
  }

  get isFailing(): boolean {
    return this.failure !== undefined
  }

  /** While it fails: by one batch at a time, and not before the pause is over. */
  get mayBeAsked(): boolean {
    return !this.isFailing || (!this.#isTried && this.#clock.monotonicMs() >= this.#retryAtMs)
  }

  /** Undefined: it gave none that can be kept. */
  async token(imprint: Uint8Array, stopping: AbortSignal): Promise<Uint8Array | undefined> {
    const isTry = this.isFailing
    this.#isTried = isTry
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(LONGEST_ASK_MS)])
    try {
      const how = { imprintAlgorithm: 'sha256', attempts: ATTEMPTS } as const
      const { tokens } = await this.#client.stamp(imprint, signal, how)
      this.failure = undefined
      this.#pauseMs = FIRST_PAUSE_MS
      return tokens[0]?.token
    } catch (error) {
      if (!(error instanceof NoQuorum)) throw error
      // Of several batches that fail together, only the first begins the pause.
      if (isTry || this.failure === undefined) this.#pause(error)
      return undefined
    } finally {
      if (isTry) this.#isTried = false
    }
  }

  #pause({ failures, code, message }: NoQuorum): void {
    this.failure = failures[0] ?? { authority: this.#name, code, what: message }
    this.#retryAtMs = this.#clock.monotonicMs() + this.#pauseMs
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
  }
}
