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
    // The spec is never sent to an outside validator.
    uiConfig: { layout: 'BaseLayout', validatorUrl: 'none', deepLinking: true },
    theme: { title: api.title },
    // The one style sheet that this version of the pages inserts by script; without it they work all the same.
    transformStaticCSP: (policy) => policy.replace("style-src 'self'", `style-src 'self' ${sheet}`),
  })
}

const sheet = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"
