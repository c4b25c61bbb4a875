import type { FastifyRequest } from 'fastify'
import type { Origin } from '../access/sign-in.ts'

/** A browser that somebody signed in with; it opens nothing by itself. */
export const BROWSER_COOKIE = 'probant_browser'

/** From where a request comes, as sign-in counts it. */
export const originOf = (request: FastifyRequest): Origin => ({
  address: request.ip,
  client: request.headers['user-agent'] ?? '',
  browserSecret: request.cookies[BROWSER_COOKIE],
})
