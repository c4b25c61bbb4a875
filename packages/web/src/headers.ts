import type { FastifyHelmetOptions } from '@fastify/helmet'
import type { Server } from './server-type.ts'

/** Only what the pages bring themselves; nothing inline, nothing from elsewhere, in no frame. */
export const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  manifestSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
}

export const securityHeaders: FastifyHelmetOptions = {
  global: true,
  contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy },
  // Said by the service itself where it speaks TLS.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
}

/** What an interface answers belongs to one caller: no browser or proxy keeps it unless the route says so. */
export function staysOutOfCaches(server: Server): void {
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
    done(null, payload)
  })
}
