import { createLogger, ManualClock, systemRandomness } from '@probant/host'
import type { Server, ServerOptions } from '@probant/web'
import { createServer, Problem, signInRateLimit, strictObject } from '@probant/web'
import { Writable } from 'node:stream'
import { Type } from 'typebox'

export interface TestService {
  server: Server
  /** Everything logged so far, as text. */
  logged: () => string
}

/** What a problem document looks like to a caller. */
export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail?: string
  step?: string
  errors?: { where: string; field: string; message: string }[]
  correlationId: string
}

/** A service with one route for each thing that can happen to a request. */
export async function testService(options: Partial<ServerOptions> = {}): Promise<TestService> {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const server = await createServer({
    logger: createLogger({ component: 'test', destination }),
    clock: new ManualClock(),
    randomness: systemRandomness,
    openapi: { title: 'Test', version: '1', sessionCookie: 'session' },
    ...options,
  })
  addRoutes(server)
  return { server, logged: () => lines.join('') }
}

function addRoutes(server: Server): void {
  server.post(
    '/api/v1/things/:id',
    {
      schema: {
        params: strictObject({ id: Type.String({ format: 'uuid' }) }),
        querystring: strictObject({ limit: Type.Optional(Type.Integer({ maximum: 10 })) }),
        body: strictObject({
          name: Type.String({ minLength: 1, maxLength: 5 }),
          size: Type.Optional(Type.Integer()),
          kind: Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b')])),
          inner: Type.Optional(strictObject({ note: Type.Optional(Type.String()) })),
        }),
      },
    },
    (request) => ({ limit: request.query.limit ?? null, name: request.body.name }),
  )
  server.get('/api/v1/things', () => ({ items: [] }))
  server.delete('/api/v1/things', () => ({ gone: true }))
  server.post('/api/v1/sessions', { config: signInRateLimit }, () => ({}))
  server.get('/api/v1/crash', () => {
    const rows = { detail: 'row (confidential-row)', cause: new Error('deeper') }
    throw Object.assign(new Error('connection to inner-host refused'), rows)
  })
  server.get('/api/v1/mistake', () => {
    const cause = new Error('unexpected token in "personal-quote"')
    throw new Problem({ type: 'mistake', status: 422, title: { fr: 'Non.', en: 'No.' }, cause })
  })
  server.get('/api/v1/refusal', () => {
    throw new Problem({
      type: 'signer-failed',
      status: 503,
      title: { fr: 'La clé ne répond pas.', en: 'The key does not answer.' },
      step: 'proof',
      extra: { retryable: true, status: 200 },
      headers: { 'retry-after': '2' },
      cause: new Error('slot 3 of the token'),
    })
  })
}
