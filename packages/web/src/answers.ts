import type { FastifyReply, FastifyRequest } from 'fastify'
import { problemOf } from './error-answers.ts'
import { loggedError } from './error-log.ts'
import { methodNotAllowed, notFound } from './known-problems.ts'
import type { Problem } from './problem.ts'
import { RouteTable } from './route-table.ts'
import type { Server } from './server-type.ts'

/**
 * Turns everything thrown, and every address or method that nobody serves, into a problem document (RFC 9457).
 *
 * @param known what the service has to say about errors of its own; anything but a Problem is then judged as usual
 */
export function answerErrors(server: Server, known: (error: unknown) => unknown): void {
  const routes = new RouteTable()
  server.addHook('onRoute', ({ method, url }) => routes.add(method, url))
  server.setErrorHandler((error, request, reply) => {
    const problem = problemOf(known(error), request.routeOptions.bodyLimit)
    logProblem(request, problem, error)
    return sendProblem(request, reply, problem)
  })
  server.setNotFoundHandler({ preHandler: server.rateLimit() }, (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    const allowed = routes.methodsAt(path)
    const isKnown = allowed.length > 0 && !allowed.includes(request.method)
    return sendProblem(request, reply, isKnown ? methodNotAllowed(allowed) : notFound())
  })
}

/** Answers with a problem document in the caller's language. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('cache-control', 'no-store')
    .header('content-language', request.language)
    .header('vary', 'Accept-Language')
    .type('application/problem+json')
    .serializer((payload) => JSON.stringify(payload))
    .send(problem.document(request.language, request.id))
}

function logProblem(request: FastifyRequest, problem: Problem, thrown: unknown): void {
  const isOurs = problem.status >= 500
  const line = {
    problem: problem.type,
    status: problem.status,
    ...(problem.step !== undefined && { step: problem.step }),
    error: loggedError(thrown === problem ? (problem.cause ?? problem) : thrown, !isOurs),
  }
  if (isOurs) request.log.error(line, 'request failed')
  else request.log.info(line, 'request refused')
}
