import type { Clock } from '@probant/host'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { loggedError } from './error-log.ts'
import type { Server } from './server-type.ts'

/** What may be kept of the objects that Fastify itself logs, in the few cases where it still does. */
export const harmlessSerializers = {
  err: (error: unknown) => loggedError(error),
  req: (request: FastifyRequest) => ({
    method: request.method,
    route: request.routeOptions.url ?? null,
  }),
  res: (reply: FastifyReply) => ({ status: reply.statusCode }),
}

/**
 * One line a request: the pattern of its route and never its address, since queries, titles and names can be
 * personal; neither headers nor bodies.
 */
export function logRequests(server: Server, clock: Clock): void {
  const startedMs = new WeakMap<object, number>()
  server.addHook('onRequest', (request, _reply, done) => {
    startedMs.set(request, clock.monotonicMs())
    done()
  })
  server.addHook('onResponse', (request, reply, done) => {
    const started = startedMs.get(request)
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ...(started !== undefined && { durationMs: Math.round(clock.monotonicMs() - started) }),
      },
      'request answered',
    )
    done()
  })
  server.addHook('onRequestAbort', (request, done) => {
    const route = request.routeOptions.url ?? null
    request.log.info({ method: request.method, route }, 'request aborted by the caller')
    done()
  })
}
