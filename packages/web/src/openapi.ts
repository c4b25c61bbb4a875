import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { Server } from './server-type.ts'

export interface ApiDescription {
  title: string
  version: string
  description?: string
  /** Name of the session cookie, where the service has one. */
  sessionCookie?: string
}

/** OpenAPI 3.1 made from the very schemas that validate, at `/api/v1/openapi.json`, readable at `/api/docs`. */
export async function describeApi(server: Server, api: ApiDescription): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: api.title,
        version: api.version,
        ...(api.description !== undefined && { description: api.description }),
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          ...(api.sessionCookie !== undefined && {
            session: { type: 'apiKey', in: 'cookie', name: api.sessionCookie },
          }),
        },
      },
    },
  })
  server.get('/api/v1/openapi.json', { schema: { hide: true } }, () => server.swagger())
  await server.register(swaggerUi, {
    routePrefix: '/api/docs',
    // The bundled pages carry no inline script; the spec is never sent to an outside validator.
    uiConfig: { url: '/api/v1/openapi.json', validatorUrl: 'none', deepLinking: true },
    theme: { title: api.title },
  })
}
