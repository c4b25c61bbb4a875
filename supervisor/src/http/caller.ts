import { Problem, unauthenticated, type Server } from '@probant/web'
import type { FastifyRequest } from 'fastify'
import { csrfTokenOf, recogniseToken, type Caller } from '../access/credentials.ts'
import type { Context } from '../context.ts'

declare module 'fastify' {
  interface FastifyRequest {
    operatorCaller: Caller | undefined
  }
}

export const SESSION_COOKIE = 'probant_supervision'
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Recognises the caller of each request: a bearer token, or the page's session with its token against forged requests. */
export function recogniseCallers(server: Server, context: Context): void {
  server.decorateRequest('operatorCaller', undefined)
  server.addHook('onRequest', async (request) => {
    const { authorization } = request.headers
    const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    const secret = bearer ?? request.cookies[SESSION_COOKIE]
    if (secret === undefined) {
      if (authorization !== undefined) throw unauthenticated()
      return
    }
    const caller = await recogniseToken(context, secret)
    // a stale cookie must not keep its owner from signing in again
    if (caller === undefined) {
      if (bearer !== undefined) throw unauthenticated()
      return
    }
    const isForgeable = bearer === undefined && !SAFE_METHODS.has(request.method)
    if (isForgeable && request.headers['x-csrf-token'] !== csrfTokenOf(context, secret))
      throw forged()
    request.operatorCaller = caller
  })
}

/** The caller. @throws Problem 401 */
export function callerOf(request: FastifyRequest): Caller {
  if (request.operatorCaller === undefined) throw unauthenticated()
  return request.operatorCaller
}

/** Tenant of the caller, whose boxes alone exist for them. @throws Problem 401 */
export function tenantOf(request: FastifyRequest): string {
  return callerOf(request).operator.tenantId
}

function forged(): Problem {
  return new Problem({
    type: 'csrf',
    status: 403,
    title: {
      fr: 'L’en-tête x-csrf-token manque ou n’est pas celui de la session.',
      en: 'The x-csrf-token header is missing or not that of the session.',
    },
  })
}
