import { Problem, forbidden, unauthenticated, type Server } from '@probant/web'
import type { FastifyRequest } from 'fastify'
import type { JsonObject } from '@probant/evidence'
import type { Caller } from '../access/credentials.ts'
import { isFrom } from '../access/networks.ts'
import { permittedIn, permittedOnBox, type Permission, type Right } from '../access/permissions.ts'
import type { Box } from '../box.ts'
import { BoxError } from '../errors.ts'
import type { Act } from '../journal/act.ts'
import type { Vault } from '../store/vaults.ts'
import { cookieName } from './origin.ts'
import { problemOf } from './problems.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined
  }
}

const LOOPBACK = ['127.0.0.1/32', '::1/128']
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

const credentialRefused = (type: 'expired-token' | 'unknown-token' | 'csrf') =>
  new Problem({
    type,
    status: type === 'csrf' ? 403 : 401,
    title:
      type === 'expired-token'
        ? {
            fr: 'Ce jeton ou cette session a expiré : identifiez-vous de nouveau.',
            en: 'This token or session has expired: sign in again.',
          }
        : type === 'csrf'
          ? {
              fr: 'L’en-tête x-csrf-token manque ou n’est pas celui de la session.',
              en: 'The x-csrf-token header is missing or not that of the session.',
            }
          : { fr: 'Ce jeton n’est pas connu.', en: 'This token is not known.' },
    headers: type === 'csrf' ? {} : { 'www-authenticate': 'Bearer error="invalid_token"' },
  })

/** Recognises the caller of each request under /api; a credential that is refused is journalled as an attempted access. */
export function recogniseCallers(server: Server, box: Box): void {
  server.decorateRequest('caller', undefined)
  server.addHook('onRequest', async (request) => {
    const { authorization } = request.headers
    const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    const secret = bearer ?? request.cookies[cookieName(request, 'session')]
    if (secret === undefined) {
      if (authorization !== undefined) throw unauthenticated()
      return
    }
    const needsCsrf = bearer === undefined && !SAFE_METHODS.has(request.method)
    const header = request.headers['x-csrf-token']
    const csrf = needsCsrf ? (typeof header === 'string' ? header : undefined) : null
    const caller = await box.credentials.recognise(box.lookups, secret, csrf)
    if (typeof caller !== 'string') {
      if (!isInNetworkOfRoles(box, caller, request.ip))
        return refuseAccess(box, request, 'other-network', otherNetwork(), caller)
      if (mustAddFactor(box, caller) && !BEFORE_SECOND_FACTOR.test(request.url))
        return refuseAccess(box, request, 'second-factor-missing', factorMissing(), caller)
      if (!isFrom(request.ip, caller.limits.networks))
        return refuseAccess(box, request, 'credential-network', otherNetwork(), caller)
      if (isLimited(caller) && !SAFE_METHODS.has(request.method) && OWN_ACCOUNT.test(request.url))
        return refuseAccess(box, request, 'forbidden', forbidden(), caller)
      request.caller = caller
      return
    }
    // A stale cookie must not keep its owner from signing in again.
    if (bearer === undefined && caller !== 'csrf' && request.url.startsWith('/api/v1/sessions'))
      return
    const type =
      caller === 'expired' ? 'expired-token' : caller === 'csrf' ? 'csrf' : 'unknown-token'
    return refuseAccess(box, request, `credential-${caller}`, credentialRefused(type))
  })
}

/** What a token that may less than its user must not change: it could give itself more. */
const OWN_ACCOUNT = /^\/api\/v1\/(sessions|second-factors|passkeys|password|tokens)(\/|$|\?)/
const isLimited = ({ limits }: Caller) =>
  limits.permissions !== null || limits.vault !== null || limits.networks !== null

const otherNetwork = () =>
  new Problem({
    type: 'other-network',
    status: 403,
    title: {
      fr: 'Votre rôle ou ce jeton ne s’utilise pas depuis ce réseau.',
      en: 'Your role or this token can’t be used from this network.',
    },
  })

/** Journals an access that is refused before it reaches a function. */
async function refuseAccess(
  box: Box,
  request: FastifyRequest,
  reason: string,
  problem: Problem,
  caller?: Caller,
): Promise<never> {
  await box.journal.record({
    act: 'access',
    outcome: 'refused',
    ...(caller === undefined ? {} : { actorId: caller.user.id }),
    hidden: { address: request.ip },
    data: { reason },
  })
  throw problem
}

/** The caller. @throws Problem 401 */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw unauthenticated()
  return request.caller
}

/** Whoever has several roles has to be where all of them may be used. The machine itself is always inside. */
function isInNetworkOfRoles({ settings }: Box, { user }: Caller, address: string): boolean {
  const networks: Partial<Record<string, readonly string[]>> = settings.network?.roles ?? {}
  if (isFrom(address, LOOPBACK)) return true
  return user.roles.every((role) => isFrom(address, networks[role] ?? null))
}

/** What somebody may call who has to set up a second factor first. */
const BEFORE_SECOND_FACTOR = /^\/api\/v1\/(sessions|second-factors|passkeys)(\/|$|\?)/

/** Whether the box asks for a second factor of this caller, whose session was opened without one. */
export function mustAddFactor(box: Box, { kind, factors, user }: Caller): boolean {
  const asked = box.settings.signIn?.secondFactor ?? 'optional'
  if (asked === 'optional' || kind !== 'session') return false
  if (asked === 'administrators' && user.roles.every((role) => role === 'user')) return false
  return factors.every((factor) => factor === 'password')
}

const factorMissing = () =>
  new Problem({
    type: 'second-factor-missing',
    status: 403,
    title: {
      fr: 'Ce boîtier demande un second facteur : ajoutez d’abord une application ou une clé d’accès.',
      en: 'This box asks for a second factor: add an app or a passkey first.',
    },
  })

/** The caller with their rights in the vault that the request names. */
export interface VaultCaller {
  readonly caller: Caller
  readonly vault: Vault
  /** Those in force now. */
  readonly rights: readonly Right[]
  /** What roles and rights together permit here. */
  readonly permissions: ReadonlySet<Permission>
}

/**
 * The caller, if allowed to do `action` in the vault. A refusal is journalled under the name of the act that was tried. A vault that
 * the caller can't even see answers as one that doesn't exist.
 * @throws Problem 401, 403, 404
 */
export async function allowedIn(
  box: Box,
  request: FastifyRequest,
  vaultId: string,
  action: Permission,
  attempted: Pick<Act, 'act' | 'object'>,
): Promise<VaultCaller> {
  const caller = callerOf(request)
  const vault = await box.lookups.vault(vaultId)
  const refuse = async (reason: string, problem: unknown): Promise<never> => {
    await box.journal.record({
      ...attempted,
      outcome: 'refused',
      ...(vault === undefined ? {} : { vault: vault.id }),
      actorId: caller.user.id,
      data: { reason },
    })
    throw problem
  }
  const missing = () => problemOf(new BoxError('no-such-vault', 'caller', 'no such vault'))
  if (vault === undefined) return refuse('no-such-vault', missing())
  const rights = await box.lookups.rights(vaultId, caller.user.id)
  const permissions = permittedIn(caller, vaultId, rights)
  if (permissions.has(action)) return { caller, vault, rights, permissions }
  return refuse('forbidden', permissions.has('see') ? forbidden() : missing())
}

/** The caller, if their roles allow `action` on the box itself. @throws Problem 401, 403 */
export async function allowedOnBox(
  box: Box,
  request: FastifyRequest,
  action: Permission,
  act: string,
): Promise<Caller> {
  const caller = callerOf(request)
  if (permittedOnBox(caller).has(action)) return caller
  await box.journal.record({
    act,
    outcome: 'refused',
    actorId: caller.user.id,
    data: { reason: 'forbidden' },
  })
  throw forbidden()
}

/** Journals that a function was carried out for this caller: before anything is given out. */
export async function performed(
  box: Box,
  caller: Caller,
  act: string,
  where: { vault?: string; object?: string } = {},
  data: JsonObject = {},
): Promise<void> {
  await box.journal.record({ act, outcome: 'done', ...where, actorId: caller.user.id, data })
}
