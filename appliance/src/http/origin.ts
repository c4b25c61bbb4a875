import type { FastifyRequest } from 'fastify'
import type { Origin } from '../access/sign-in.ts'

/**
 * The session, or the browser that somebody signed in with (which opens nothing by itself). Over TLS the name's prefix keeps other hosts
 * and plain HTTP from setting it (RFC 6265bis section 4.1.3.2).
 */
export const cookieName = (request: FastifyRequest, what: 'session' | 'browser'): string =>
  `${request.protocol === 'https' ? '__Host-' : ''}probant_${what}`

/** From where a request comes, as sign-in counts it. */
export const originOf = (request: FastifyRequest): Origin => ({
  address: request.ip,
  client: request.headers['user-agent'] ?? '',
  browserSecret: request.cookies[cookieName(request, 'browser')],
})
