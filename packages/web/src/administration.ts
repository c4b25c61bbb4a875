import type { Logger } from '@probant/host'
import Fastify, { LogController } from 'fastify'
import type { Registry } from 'prom-client'
import { loggedError } from './error-log.ts'

/** Whether a service can do its work now; `missing` says in English what it waits for. */
export interface Readiness {
  ready: boolean
  missing?: readonly string[]
}

export interface AdministrationOptions {
  logger: Logger
  host: string
  port: number
  registry: Registry
  /** Asked at each call of `/readyz`. Throwing means not ready. */
  ready: () => Promise<Readiness>
}

export interface AdministrationServer {
  port: number
  close: () => Promise<void>
}

/**
 * `/metrics`, `/healthz` (the process answers) and `/readyz` (it can work; else 503), on an address of their own that
 * the outside can't reach.
 */
export async function administrationServer(
  options: AdministrationOptions,
): Promise<AdministrationServer> {
  const { logger, registry } = options
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  })
  server.addHook('onSend', (_request, reply, payload, done) => {
    void reply.header('cache-control', 'no-store')
    done(null, payload)
  })
  server.setErrorHandler((error, _request, reply) => {
    logger.error({ error: loggedError(error) }, 'administration request failed')
    return reply.code(500).send({ status: 'failed' })
  })
  server.get('/healthz', () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    const readiness = await options.ready().catch((error: unknown): Readiness => {
      logger.error({ error: loggedError(error) }, 'readiness could not be found out')
      return { ready: false }
    })
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  server.get('/metrics', async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics())
  })
  await server.listen({ host: options.host, port: options.port })
  const address = server.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return { port, close: () => server.close() }
}
