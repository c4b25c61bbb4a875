import { hash, verify } from '@node-rs/argon2'
import { utf8 } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import {
  findOperator,
  insertAccessToken,
  operatorOfToken,
  revokeAccessToken,
  type AccessToken,
  type Operator,
} from '../store/operators.ts'

/** What issuing and recognising needs, so that initialisation can do it before a centre runs. */
export type Issuing = Pick<Context, 'crypto' | 'clock' | 'randomness'>

/** Who calls, and by what. */
export interface Caller {
  operator: Operator
  kind: AccessToken['kind']
  /** What came as bearer token or cookie. */
  secret: string
  expiresAtMs: number | null
}

export const SESSION_MS = 12 * 3_600_000

/** Argon2id, OWASP's first recommendation (2023): 19 MiB, two passes. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export function hashPassword(password: string): Promise<string> {
  return hash(password, ARGON2)
}

/** Issues a token or session: the secret leaves once, its digest is kept. Valid once the transaction is committed. */
export async function issueToken(
  client: Client,
  issuing: Issuing,
  operator: Operator,
  kind: AccessToken['kind'],
): Promise<{ secret: string; expiresAtMs: number | null }> {
  const secret = newSecret(issuing)
  const createdAtMs = issuing.clock.nowMs()
  const expiresAtMs = kind === 'session' ? createdAtMs + SESSION_MS : null
  const sha256 = digestOf(issuing, secret)
  await insertAccessToken(client, operator, { sha256, kind, createdAtMs, expiresAtMs })
  return { secret, expiresAtMs }
}

/** A random password or token, 256 bits. */
export function newSecret({ randomness }: Pick<Issuing, 'randomness'>): string {
  return Buffer.from(randomness.bytes(32)).toString('base64url')
}

export async function recogniseToken(
  context: Context,
  secret: string,
): Promise<Caller | undefined> {
  const { database, clock } = context
  const found = await operatorOfToken(database, digestOf(context, secret), clock.nowMs())
  return found && { ...found, secret }
}

export async function revokeToken(context: Context, { secret }: Caller): Promise<void> {
  await context.database.transaction((client) =>
    revokeAccessToken(client, digestOf(context, secret), context.clock.nowMs()),
  )
}

let decoy: Promise<string> | undefined

/** The operator whose password this is; takes as long for a name that nobody has. */
export async function checkPassword(
  context: Context,
  userName: string,
  password: string,
): Promise<Operator | undefined> {
  const found = await findOperator(context.database, userName)
  decoy ??= hashPassword(newSecret(context))
  const isRight = await verify(found?.passwordHash ?? (await decoy), password)
  if (found === undefined || !isRight) return undefined
  const { tenantId, operatorId } = found
  return { tenantId, operatorId, userName: found.userName }
}

/** What the page must send beside its cookie when it changes something; other sites can't read it. */
export function csrfTokenOf({ crypto }: Pick<Context, 'crypto'>, secret: string): string {
  const digest = crypto.hash('sha256', utf8(`probant/csrf/v1\n${secret}`))
  return Buffer.from(digest).toString('base64url')
}

function digestOf({ crypto }: Pick<Issuing, 'crypto'>, secret: string): Uint8Array {
  return crypto.hash('sha256', utf8(secret))
}
