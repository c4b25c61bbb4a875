import fastifyStatic from '@fastify/static'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Server } from './server-type.ts'

/**
 * Serves a built portal at `/`. Files under `/assets/` carry a digest of their content in their name and may be kept
 * for ever; the page itself is asked for again each time. Addresses without an extension are the page's own routes.
 *
 * @param folder absolute path of what `vite build` wrote
 * @throws Error at start when the portal has not been built
 */
export async function serveFolder(server: Server, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new Error(`The portal is not built: ${join(folder, 'index.html')} is missing.`)
  }
  await server.register(fastifyStatic, {
    root: folder,
    serve: false,
    cacheControl: false,
    index: false,
  })
  server.get('/*', { schema: { hide: true } }, (request, reply) => {
    const path = new URL(request.url, 'http://localhost').pathname
    if (path.startsWith('/api/')) {
      reply.callNotFound()
      return reply
    }
    const isPage = !(path.split('/').at(-1) ?? '').includes('.')
    const isImmutable = path.startsWith('/assets/')
    void reply.header(
      'cache-control',
      isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    )
    return reply.sendFile(isPage ? 'index.html' : path.slice(1))
  })
}
