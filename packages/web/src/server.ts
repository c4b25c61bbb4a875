import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Clock, Logger, Randomness } from '@probant/host'
import type { FastifyBaseLogger } from 'fastify'
import Fastify, { LogController } from 'fastify'
import type { Socket } from 'node:net'
import { answerErrors } from './answers.ts'
import { callerKey } from './caller-key.ts'
import { correlationIds } from './correlation.ts'
import { loggedError } from './error-log.ts'
import { securityHeaders, staysOutOfCaches } from './headers.ts'
import { tooManyRequests } from './known-problems.ts'
import type { Language } from './language.ts'
import { negotiateLanguage } from './language.ts'
import type { ApiDescription } from './openapi.ts'
import { describeApi } from './openapi.ts'
import { harmlessSerializers, logRequests } from './request-log.ts'
import type { Server } from './server-type.ts'
import { refuseUnknownFields } from './unknown-fields.ts'
import { validatorCompiler } from './validation.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The language to answer this request in. */
    language: Language
  }
}

export interface ServerOptions {
  logger: Logger
  clock: Clock
  randomness: Randomness
  openapi: ApiDescription
  /** Largest body read into memory, in bytes; streams (multipart, tus) carry their own limit. Default 1 MiB. */
  bodyLimitBytes?: number
  /** The problem that one of the service's own errors is for the outside; other errors come back unchanged. */
  knownProblem?: (error: unknown) => unknown
  /** Requests accepted from one address, over the whole service; a route narrows it with `config.rateLimit`. */
  rateLimit?: { max: number; timeWindowMs: number }
}

/** What a sign-in route puts in its `config`: guessing passwords from one address stays slow. */
export const signInRateLimit = { rateLimit: { max: 20, timeWindow: 60_000 } } as const

/**
 * The HTTP base of every service: strict validation, RFC 9457 answers, languages, security headers, OpenAPI,
 * one log line a request. Register routes on what it returns (each under `/api/v1`, bodies and queries built with
 * `strictObject`), then `listen`.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { clock, randomness } = options
  const logger: FastifyBaseLogger = options.logger
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'correlationId',
    }),
    childLoggerFactory: (parent, bindings, given) => {
      return parent.child(bindings, { ...given, serializers: harmlessSerializers })
    },
    ...correlationIds(randomness),
    bodyLimit: options.bodyLimitBytes ?? 1024 * 1024,
    // A header that takes half a minute is an attack; a body may take hours (5 GiB over a slow line).
    http: { headersTimeout: 30_000 },
    forceCloseConnections: 'idle',
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, reply) => {
      request.log.info({ error: loggedError(error, true) }, 'request refused')
      reply.hijack()
      reply.raw
        .writeHead(400, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
        .end(unreadableProblem)
    },
    routerOptions: { maxParamLength: 256 },
  }).withTypeProvider<TypeBoxTypeProvider>()

  server.setValidatorCompiler(validatorCompiler)
  server.decorateRequest('language', 'fr')
  server.addHook('onRequest', (request, reply, done) => {
    request.language = negotiateLanguage(request.headers['accept-language'])
    void reply.header('x-request-id', request.id)
    done()
  })
  logRequests(server, clock)
  endConnections(server)
  staysOutOfCaches(server)
  refuseUnknownFields(server)
  await server.register(helmet, securityHeaders)
  await server.register(cookie)
  const limit = options.rateLimit ?? { max: 60_000, timeWindowMs: 60_000 }
  await server.register(rateLimit, {
    max: limit.max,
    timeWindow: limit.timeWindowMs,
    keyGenerator: callerKey,
    errorResponseBuilder: (_request, context) => tooManyRequests(Math.ceil(context.ttl / 1000)),
  })
  answerErrors(server, options.knownProblem ?? ((error) => error))
  await describeApi(server, options.openapi)
  return server
}

/**
 * A service that ends waits for its connections. Those at rest are closed at once; one with a request under way would come to rest
 * afterwards, and keep the service waiting until the client gives it up.
 */
function endConnections(server: Server): void {
  let isEnding = false
  server.addHook('preClose', (done) => {
    isEnding = true
    done()
  })
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (isEnding) void reply.header('connection', 'close')
    done()
  })
  server.addHook('onResponse', (_request, _reply, done) => {
    // its headers may have left before the end was known
    if (isEnding) setImmediate(() => server.server.closeIdleConnections())
    done()
  })
}

const unreadableProblem = JSON.stringify({
  type: 'urn:probant:problem:bad-request',
  title: 'La demande n’est pas comprise. / The request is not understood.',
  status: 400,
})

/** Bytes that are no HTTP request at all: answered without any of our machinery. */
function refuseUnreadable(_error: Error, socket: Socket): void {
  if (!socket.writable) return
  const length = Buffer.byteLength(unreadableProblem)
  socket.end(
    'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/problem+json\r\n' +
      `content-length: ${length}\r\n\r\n${unreadableProblem}`,
  )
}
