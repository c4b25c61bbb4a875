import type { EvidenceCrypto } from '@probant/evidence'
import type { Clock, Logger, Randomness } from '@probant/host'
import { askAuthority, type AcceptedToken, type AuthorityContext } from './authority.ts'
import { withAttempts } from './attempts.ts'
import { TimestampError, type TimestampErrorCode } from './errors.ts'
import type { Relay } from './route.ts'
import type { ImprintAlgorithm } from './request.ts'
import type { AuthoritySettings, TimestampingSettings } from './settings.ts'

const CLOCK_TOLERANCE_SECONDS = 300

/** An authority that gave no token, and why. */
export interface AuthorityFailure {
  readonly authority: string
  readonly code: TimestampErrorCode
  /** One sentence. */
  readonly what: string
}

/** What else is wanted of tokens. */
export interface StampOptions {
  /** Digest of the imprint; SHA-512 unless given. */
  readonly imprintAlgorithm?: ImprintAlgorithm
  /** How often an authority is asked at most that can't be reached; 3 unless given. */
  readonly attempts?: number
  /** Why a token that passed every check is of no use all the same, as one sentence: the next authority is asked then. */
  readonly refusal?: (token: AcceptedToken) => Promise<string | undefined>
}

export interface ClientContext {
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Logger
  /** How authorities are reached that have no address here. */
  readonly relay?: Relay | undefined
}

/** Tokens of as many authorities as are needed, and who gave none. */
export interface Stamped {
  readonly tokens: readonly AcceptedToken[]
  readonly failures: readonly AuthorityFailure[]
}

/** An authority gave no token, or too few did. */
export class NoQuorum extends TimestampError {
  readonly failures: readonly AuthorityFailure[]

  constructor(needed: number, got: number, failures: readonly AuthorityFailure[]) {
    const whys = failures.map(({ what }) => what).join('; ')
    super('no-quorum', `${got} of ${needed} time-stamp tokens: ${whys}`)
    this.failures = failures
  }
}

/** RFC 3161 authorities outside, asked in the order of the settings until as many as are needed gave a token. */
export class TimestampClient {
  readonly #settings: TimestampingSettings
  readonly #context: ClientContext

  constructor(settings: TimestampingSettings, context: ClientContext) {
    this.#settings = settings
    this.#context = context
  }

  /**
   * Tokens over an imprint. Nothing is kept here, so it may be called again.
   * @throws NoQuorum, with what each authority said
   */
  async stamp(
    imprint: Uint8Array,
    signal?: AbortSignal,
    { imprintAlgorithm = 'sha512', attempts, refusal }: StampOptions = {},
  ): Promise<Stamped> {
    const { authorities, quorum = 1 } = this.#settings
    const tokens: AcceptedToken[] = []
    const failures: AuthorityFailure[] = []
    for (const authority of authorities) {
      if (tokens.length >= quorum) break
      try {
        const token = await this.#ask(authority, imprint, imprintAlgorithm, signal, attempts)
        const why = await refusal?.(token)
        if (why !== undefined) throw new TimestampError('of-no-use', `${authority.name}: ${why}`)
        tokens.push(token)
      } catch (error) {
        if (!(error instanceof TimestampError)) throw error
        const { code, message } = error
        failures.push({ authority: authority.name, code, what: message })
        this.#context.log.warn({ authority: authority.name, code, err: error }, 'no outside token')
      }
    }
    if (tokens.length < quorum) throw new NoQuorum(quorum, tokens.length, failures)
    return { tokens, failures }
  }

  async #ask(
    authority: AuthoritySettings,
    imprint: Uint8Array,
    imprintAlgorithm: ImprintAlgorithm,
    signal: AbortSignal | undefined,
    attempts: number | undefined,
  ): Promise<AcceptedToken> {
    const ask = () =>
      askAuthority(authority, imprint, imprintAlgorithm, this.#authorityContext(signal))
    // Whoever relays it tries again by itself.
    if (authority.via !== undefined) return ask()
    return withAttempts(this.#context.clock, signal, ask, attempts)
  }

  #authorityContext(signal: AbortSignal | undefined): AuthorityContext {
    const { proxy, clockToleranceSeconds = CLOCK_TOLERANCE_SECONDS } = this.#settings
    return { ...this.#context, proxy, clockToleranceMs: clockToleranceSeconds * 1000, signal }
  }
}
