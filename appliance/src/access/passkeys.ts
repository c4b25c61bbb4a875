import { toBase64, utf8 } from '@probant/evidence'
import type { Clock, Randomness } from '@probant/host'
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Passkey } from '../store/passkeys.ts'
import type { User } from '../store/people.ts'

/** Who asks for passkeys: the host that they are bound to, and the pages that may use them. */
export interface RelyingParty {
  readonly id: string
  readonly origins: readonly string[]
}

const CHALLENGE_LIVES_MS = 5 * 60_000
const MOST_CHALLENGES = 10_000

/** Passkeys (Web Authentication level 3): user verification is always asked for, so that one stands for both factors. */
export class Passkeys {
  readonly #party: RelyingParty
  readonly #name: string
  readonly #clock: Clock
  readonly #randomness: Randomness
  /** Each counts once. For whom it was made, null for whoever signs in. */
  readonly #challenges = new Map<string, { userId: string | null; expiresMs: number }>()

  constructor(party: RelyingParty, name: string, clock: Clock, randomness: Randomness) {
    this.#party = party
    this.#name = name
    this.#clock = clock
    this.#randomness = randomness
  }

  /** What the browser needs to make a new one. */
  async creationOptions(user: User, known: readonly Passkey[]) {
    return generateRegistrationOptions({
      rpName: this.#name,
      rpID: this.#party.id,
      userName: user.login,
      userDisplayName: user.name,
      userID: new Uint8Array(utf8(user.id)),
      challenge: this.#challenge(user.id),
      attestationType: 'none',
      excludeCredentials: known.map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
  }

  /** What the browser made, as it is to be kept; undefined when it isn't what was asked of this user. */
  async created(
    user: User,
    label: string,
    response: RegistrationResponseJSON,
  ): Promise<Passkey | undefined> {
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: (challenge) => this.#takes(challenge, user.id),
      expectedOrigin: [...this.#party.origins],
      expectedRPID: this.#party.id,
      requireUserVerification: true,
    }).catch(() => ({ registrationInfo: undefined }))
    if (registrationInfo === undefined) return undefined
    const { id, publicKey, counter, transports = [] } = registrationInfo.credential
    const createdAtMs = this.#clock.nowMs()
    return {
      ...{ id, userId: user.id, label, publicKey, counter, transports },
      ...{ createdAtMs, lastUsedAtMs: null },
    }
  }

  /** What the browser needs to sign in, whoever it is. */
  async requestOptions() {
    return generateAuthenticationOptions({
      rpID: this.#party.id,
      challenge: this.#challenge(null),
      userVerification: 'required',
    })
  }

  /** The passkey's counter after this use; undefined when the answer isn't what was asked for, or not by this passkey. */
  async used(passkey: Passkey, response: AuthenticationResponseJSON): Promise<number | undefined> {
    const answer = await verifyAuthenticationResponse({
      response,
      expectedChallenge: (challenge) => this.#takes(challenge, null),
      expectedOrigin: [...this.#party.origins],
      expectedRPID: this.#party.id,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.counter,
        transports: [...passkey.transports],
      },
    }).catch(() => undefined)
    return answer?.verified === true ? answer.authenticationInfo.newCounter : undefined
  }

  #challenge(userId: string | null): Uint8Array<ArrayBuffer> {
    const nowMs = this.#clock.monotonicMs()
    for (const [challenge, { expiresMs }] of this.#challenges) {
      if (expiresMs > nowMs && this.#challenges.size < MOST_CHALLENGES) break
      this.#challenges.delete(challenge)
    }
    const bytes = new Uint8Array(this.#randomness.bytes(32))
    this.#challenges.set(urlSafe(bytes), { userId, expiresMs: nowMs + CHALLENGE_LIVES_MS })
    return bytes
  }

  #takes(challenge: string, userId: string | null): boolean {
    const known = this.#challenges.get(challenge)
    this.#challenges.delete(challenge)
    return known?.userId === userId && known.expiresMs > this.#clock.monotonicMs()
  }
}

const urlSafe = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
