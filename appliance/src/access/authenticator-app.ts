import { concat, lengthPrefixed, utf8 } from '@probant/evidence'
import type { Clock } from '@probant/host'
import type { KeyProvider, KeyRef } from '@probant/keys'
import { Secret, TOTP } from 'otpauth'
import type { Queryable } from '../store/journal.ts'
import { findApp } from '../store/second-factors.ts'

/** Label of the wrapping key that encloses the secrets of authenticator apps, and nothing else. */
const KEY_LABEL = 'authenticator-apps'
const CONTEXT = utf8('probant/authenticator-app/v1')
/** What every app knows to do (RFC 6238 with the values of its section 1.2): HMAC-SHA-1, six digits, half a minute. */
const PERIOD_SECONDS = 30
const SECRET_BYTES = 20

/** One-time codes of authenticator apps (RFC 6238). The secrets lie enclosed by a hardware key. */
export class AuthenticatorApps {
  readonly #keys: KeyProvider
  readonly #database: Queryable
  readonly #clock: Clock
  readonly #issuer: string
  #key: Promise<KeyRef> | undefined

  /** @param issuer what the app shows beside the login */
  constructor(keys: KeyProvider, database: Queryable, clock: Clock, issuer: string) {
    this.#keys = keys
    this.#database = database
    this.#clock = clock
    this.#issuer = issuer
  }

  /** A new secret: as it is stored, as it is typed into an app (base32) and as an app reads it from a picture (otpauth: URI). */
  async begin(
    userId: string,
    login: string,
  ): Promise<{ enclosed: Uint8Array; secret: string; uri: string }> {
    const bytes = await this.#keys.random(SECRET_BYTES)
    try {
      const enclosed = await this.#keys.enclose(await this.#wrappingKey(), bytes, context(userId))
      const totp = this.#totp(bytes, login)
      return { enclosed, secret: totp.secret.base32, uri: totp.toString() }
    } finally {
      bytes.fill(0)
    }
  }

  /** The step whose code this is, one before or after now at most; undefined when it is none of them, or was taken already. */
  async stepOf(
    userId: string,
    code: string,
    asked: 'confirmed' | 'unconfirmed',
  ): Promise<number | undefined> {
    const app = await findApp(this.#database, userId)
    if (app === undefined || app.isConfirmed !== (asked === 'confirmed')) return undefined
    const bytes = await this.#keys.open(
      await this.#wrappingKey(),
      app.secretEnclosed,
      context(userId),
    )
    const timestamp = this.#clock.nowMs()
    const delta = this.#totp(bytes, '').validate({ token: code, timestamp, window: 1 })
    bytes.fill(0)
    if (delta === null) return undefined
    const step = Math.floor(timestamp / (PERIOD_SECONDS * 1000)) + delta
    return step > app.lastStep ? step : undefined
  }

  #totp(bytes: Uint8Array, label: string): TOTP {
    const buffer = new Uint8Array(bytes).buffer
    const secret = new Secret({ buffer })
    return new TOTP({ issuer: this.#issuer, label, secret, digits: 6, period: PERIOD_SECONDS })
  }

  async #wrappingKey(): Promise<KeyRef> {
    this.#key ??= this.#foundOrMade()
    this.#key.catch(() => (this.#key = undefined))
    return this.#key
  }

  async #foundOrMade(): Promise<KeyRef> {
    return (await this.#keys.find(KEY_LABEL)) ?? this.#keys.generate(KEY_LABEL, 'wrapping-aes-256')
  }
}

const context = (userId: string) => concat(lengthPrefixed(CONTEXT), lengthPrefixed(utf8(userId)))
