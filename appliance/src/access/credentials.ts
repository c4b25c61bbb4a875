import { toBase64, utf8, type EvidenceCrypto } from '@probant/evidence'
import type { Clock, Randomness } from '@probant/host'
import type { Client } from '@probant/postgres'
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import type { Queryable } from '../store/journal.ts'
import { addCredential, findPassword, type Factor, type User } from '../store/people.ts'
import type { Lookups } from './lookups.ts'
import { permissionsOf, type Permission, type TokenLimits } from './permissions.ts'

/** Who calls, and by which credential. */
export interface Caller {
  readonly user: User
  readonly credentialId: string
  readonly kind: 'token' | 'session'
  /** How the session was opened; empty for tokens. */
  readonly factors: readonly Factor[]
  /** By the roles of the user. */
  readonly permissions: ReadonlySet<Permission>
  readonly limits: TokenLimits
}

const UNLIMITED: TokenLimits = { permissions: null, vault: null, networks: null }

export type Refusal = 'unknown' | 'expired' | 'revoked' | 'csrf'

/** Argon2id, OWASP's first recommendation (2023): 19 MiB, two passes. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => argon2Hash(password, ARGON2)

/** Issues and recognises API tokens and sessions. Secrets leave once; only their SHA-256 is kept. */
export class Credentials {
  readonly #crypto: EvidenceCrypto
  readonly #clock: Clock
  readonly #randomness: Randomness
  #decoy: Promise<string> | undefined

  constructor(crypto: EvidenceCrypto, clock: Clock, randomness: Randomness) {
    this.#crypto = crypto
    this.#clock = clock
    this.#randomness = randomness
  }

  /** A new secret and the statement that stores its digest; nothing is valid before the statement is committed. */
  issue(
    userId: string,
    kind: 'token' | 'session',
    label: string,
    lifetimeSeconds: number,
    {
      factors = [],
      client: program = '',
      limits = UNLIMITED,
    }: { factors?: readonly Factor[]; client?: string; limits?: TokenLimits } = {},
  ) {
    const secret = this.makeSecret()
    const id = this.#randomness.uuid()
    const createdAtMs = this.#clock.nowMs()
    const expiresAtMs = createdAtMs + lifetimeSeconds * 1000
    return {
      id,
      secret,
      expiresAtMs,
      store: (client: Client) =>
        addCredential(client, {
          id,
          userId,
          kind,
          label,
          secretSha256: this.digest(secret),
          createdAtMs,
          expiresAtMs,
          factors,
          client: program,
          limits,
        }),
    }
  }

  /** @param csrf what came in `x-csrf-token`; null where the request changes nothing and needs none */
  async recognise(
    lookups: Lookups,
    secret: string,
    csrf: string | null | undefined,
  ): Promise<Caller | Refusal> {
    const found = await lookups.credential(this.digest(secret))
    if (found === undefined) return 'unknown'
    if (found.revoked) return 'revoked'
    if (found.expiresAtMs <= this.#clock.nowMs()) return 'expired'
    if (found.kind === 'session' && csrf !== null && csrf !== this.csrfToken(secret)) return 'csrf'
    const { user, id: credentialId, kind, factors, limits, custom } = found
    const permissions = permissionsOf(user.roles, custom)
    return { user, credentialId, kind, factors, limits, permissions }
  }

  /** The user whose password this is. Takes as long for an unknown login as for a known one. */
  async checkPassword(
    client: Queryable,
    login: string,
    password: string,
  ): Promise<User | undefined> {
    const found = await findPassword(client, login)
    this.#decoy ??= hashPassword(this.makeSecret())
    const isRight = await argon2Verify(found?.passwordHash ?? (await this.#decoy), password)
    if (found === undefined || !isRight) return undefined
    const { passwordHash, ...user } = found
    return user
  }

  /** What a page must send along with its session's cookie when it changes something; other sites can't read it. */
  csrfToken(sessionSecret: string): string {
    return urlSafe(this.#crypto.hash('sha256', utf8(`probant/csrf/v1\n${sessionSecret}`)))
  }

  /** A fresh secret of 32 bytes, for a cookie or a header. */
  makeSecret(): string {
    return urlSafe(this.#randomness.bytes(32))
  }

  /** What is kept of a secret. */
  digest(secret: string): Uint8Array {
    return this.#crypto.hash('sha256', utf8(secret))
  }
}

const urlSafe = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
