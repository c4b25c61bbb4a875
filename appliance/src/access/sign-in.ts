import type { EvidenceCrypto } from '@probant/evidence'
import type { Clock } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { BoxError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { Queryable } from '../store/journal.ts'
import { findUser, type Factor, type User } from '../store/people.ts'
import { findPasskey, usePasskey } from '../store/passkeys.ts'
import {
  countRecoveryCodes,
  secondFactorsOf,
  takeRecoveryCode,
  takeStep,
} from '../store/second-factors.ts'
import { addKnownBrowser, isKnownBrowser } from '../store/sessions.ts'
import type { AuthenticatorApps } from './authenticator-app.ts'
import type { Credentials } from './credentials.ts'
import type { Passkeys } from './passkeys.ts'
import { recoveryCodeDigest } from './recovery-codes.ts'
import { Throttle } from './throttle.ts'

const SESSION_SECONDS = 8 * 3600
export const BROWSER_SECONDS = 180 * 86_400
const FREE_FAILURES = 5
/** Of everybody from browsers that nobody signed in with: many addresses at once guess no faster for being many. */
const FREE_FAILURES_OF_STRANGERS = 100
const MAX_CLIENT_LETTERS = 200

/** From where somebody signs in. */
export interface Origin {
  readonly address: string
  /** The program, as it calls itself. */
  readonly client: string
  /** Of an earlier sign-in with this browser. */
  readonly browserSecret: string | undefined
}

export type SignInRefusal =
  | { readonly reason: 'too-many-attempts'; readonly waitMs: number }
  | { readonly reason: 'wrong-password' | 'wrong-code' | 'wrong-passkey' }
  | {
      readonly reason: 'second-factor-required'
      readonly methods: readonly ('totp' | 'recovery-code' | 'passkey')[]
    }

export interface SignedIn {
  readonly user: User
  readonly secret: string
  readonly expiresAtMs: number
  readonly lifetimeSeconds: number
  readonly factors: readonly Factor[]
  /** Absent where this browser was known already. */
  readonly browserSecret: string | undefined
}

interface SignInContext {
  readonly database: Queryable
  readonly journal: Pick<Journal, 'record'>
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly credentials: Credentials
  readonly apps: AuthenticatorApps
  /** Undefined where no host is configured that they could be bound to. */
  readonly passkeys: Passkeys | undefined
}

/** Opens sessions. Every attempt is journalled, whatever comes of it. */
export class SignIn {
  readonly #context: SignInContext
  readonly #throttle: Throttle
  readonly #strangers: Throttle

  constructor(context: SignInContext) {
    this.#context = context
    this.#throttle = new Throttle(context.clock, FREE_FAILURES)
    this.#strangers = new Throttle(context.clock, FREE_FAILURES_OF_STRANGERS)
  }

  /** @param code of an authenticator app or from the list of recovery codes, where the user has either */
  async withPassword(
    login: string,
    password: string,
    code: string | undefined,
    origin: Origin,
  ): Promise<SignedIn | SignInRefusal> {
    const attempt = await this.#begin(login, origin)
    if (attempt.waitMs > 0)
      return this.#refuse(origin, { reason: 'too-many-attempts', waitMs: attempt.waitMs })
    const { credentials, database } = this.#context
    const user = await credentials.checkPassword(database, login, password)
    if (user === undefined) return this.#refuse(origin, { reason: 'wrong-password' })
    const { hasApp, passkeys } = await secondFactorsOf(database, user.id)
    const needsMore = hasApp || passkeys > 0
    if (needsMore && code === undefined) {
      attempt.takeBack()
      const recovery = (await countRecoveryCodes(database, user.id)) > 0
      const methods = [
        ...(hasApp ? (['totp'] as const) : []),
        ...(passkeys > 0 ? (['passkey'] as const) : []),
        ...(recovery ? (['recovery-code'] as const) : []),
      ]
      return this.#refuse(origin, { reason: 'second-factor-required', methods }, user.id)
    }
    const second = needsMore ? await this.#secondFactor(user.id, code ?? '') : undefined
    if (needsMore && second === undefined)
      return this.#refuse(origin, { reason: 'wrong-code' }, user.id)
    const factors: Factor[] = second === undefined ? ['password'] : ['password', second.factor]
    return this.#open(user, factors, origin, attempt, second?.take)
  }

  /** A passkey alone: it asked for its owner's finger or code itself. */
  async withPasskey(
    response: AuthenticationResponseJSON,
    origin: Origin,
  ): Promise<SignedIn | SignInRefusal> {
    const { database, passkeys, clock } = this.#context
    const passkey = await findPasskey(database, response.id)
    const counter = passkey && (await passkeys?.used(passkey, response))
    const user = passkey && (await findUser(database, passkey.userId))
    if (passkey === undefined || counter === undefined || user?.disabled !== false)
      return this.#refuse(origin, { reason: 'wrong-passkey' }, user?.id)
    const attempt = { isKnown: true, succeeded: () => undefined }
    return this.#open(user, ['passkey'], origin, attempt, (client) =>
      usePasskey(client, passkey.id, counter, clock.nowMs()),
    )
  }

  /** Counts an attempt before it is looked at. Who signed in with this browser before is slowed down by nobody else. */
  async #begin(login: string, { address, browserSecret }: Origin) {
    const { credentials, database, clock } = this.#context
    const digest = browserSecret === undefined ? undefined : credentials.digest(browserSecret)
    const isKnown =
      digest !== undefined && (await isKnownBrowser(database, login, digest, clock.nowMs()))
    const counts = isKnown
      ? [{ throttle: this.#throttle, key: `browser ${login} ${browserSecret ?? ''}` }]
      : [
          { throttle: this.#throttle, key: `address ${login} ${address}` },
          { throttle: this.#strangers, key: login },
        ]
    const waitMs = Math.max(...counts.map(({ throttle, key }) => throttle.waitMs(key)))
    if (waitMs === 0) for (const { throttle, key } of counts) throttle.begin(key)
    return {
      waitMs,
      isKnown,
      takeBack: () => {
        for (const { throttle, key } of counts) throttle.takeBack(key)
      },
      succeeded: () => {
        for (const { throttle, key } of counts) throttle.succeeded(key)
      },
    }
  }

  async #secondFactor(userId: string, code: string) {
    const { apps, crypto, clock } = this.#context
    if (/^\d{6}$/.test(code)) {
      const step = await apps.stepOf(userId, code, 'confirmed')
      if (step === undefined) return undefined
      const take = (client: Client) => takeStep(client, userId, step, clock.nowMs())
      return { factor: 'totp' as const, take }
    }
    const digest = recoveryCodeDigest(crypto, code)
    const take = (client: Client) => takeRecoveryCode(client, userId, digest)
    return { factor: 'recovery-code' as const, take }
  }

  /** A password asked for once more by who is signed in already; guessing at it is slowed down like signing in. */
  async isPasswordOf(user: User, password: string, origin: Origin): Promise<boolean> {
    const attempt = await this.#begin(user.login, origin)
    if (attempt.waitMs > 0) return false
    const { credentials, database } = this.#context
    const isRight = (await credentials.checkPassword(database, user.login, password)) !== undefined
    if (isRight) attempt.succeeded()
    return isRight
  }

  /** The session, with what it uses up, in one transaction with its trace. */
  async #open(
    user: User,
    factors: readonly Factor[],
    origin: Origin,
    attempt: { readonly isKnown: boolean; readonly succeeded: () => void },
    take: ((client: Client) => Promise<boolean>) | undefined,
  ): Promise<SignedIn | SignInRefusal> {
    const { credentials, journal, clock } = this.#context
    const client = origin.client.slice(0, MAX_CLIENT_LETTERS)
    const session = credentials.issue(user.id, 'session', 'portal', SESSION_SECONDS, {
      factors,
      client,
    })
    const browserSecret = attempt.isKnown ? undefined : credentials.makeSecret()
    try {
      await journal.record({
        act: 'sign-in',
        outcome: 'done',
        actorId: user.id,
        data: { factors: [...factors] },
        hidden: { address: origin.address },
        apply: async (client) => {
          if (take !== undefined && !(await take(client))) throw used()
          await session.store(client)
          if (browserSecret === undefined) return
          const digest = credentials.digest(browserSecret)
          const nowMs = clock.nowMs()
          await addKnownBrowser(client, user.id, digest, nowMs, nowMs + BROWSER_SECONDS * 1000)
        },
      })
    } catch (error) {
      if (!(error instanceof BoxError && error.code === 'no-such-entry')) throw error
      const reason = factors.includes('passkey') ? 'wrong-passkey' : 'wrong-code'
      return this.#refuse(origin, { reason }, user.id)
    }
    attempt.succeeded()
    const { secret, expiresAtMs } = session
    return { user, secret, expiresAtMs, lifetimeSeconds: SESSION_SECONDS, factors, browserSecret }
  }

  async #refuse(
    { address }: Origin,
    refusal: SignInRefusal,
    userId?: string,
  ): Promise<SignInRefusal> {
    await this.#context.journal.record({
      act: 'sign-in',
      outcome: 'refused',
      ...(userId === undefined ? {} : { actorId: userId }),
      hidden: { address },
      data: { reason: refusal.reason },
    })
    return refusal
  }
}

const used = () => new BoxError('no-such-entry', 'caller', 'the code or passkey was used already')
