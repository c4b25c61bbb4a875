import { invalidRequest } from './known-problems.ts'
import { openObjects, strictObject } from './validation.ts'
import type { Problem } from './problem.ts'
import type { Server } from './server-type.ts'

const nothing = strictObject({})

/**
 * Nothing that a caller sends is dropped in silence: a schema that lets unknown fields in stops the service at start,
 * a route without a query schema takes no query, a route without a body schema takes no body.
 */
export function refuseUnknownFields(server: Server): void {
  server.addHook('onRoute', (route) => {
    if (route.schema?.hide === true || !route.url.startsWith('/api/')) return
    const schema = route.schema ?? {}
    for (const part of ['body', 'querystring', 'params'] as const) {
      const open = openObjects(schema[part])
      if (open.length > 0) {
        const name = `${String(route.method)} ${route.url}`
        throw new TypeError(`${name}: ${part} lets unknown fields in at ${open.join(', ')}`)
      }
    }
    route.schema = { ...schema, querystring: schema.querystring ?? nothing }
  })
  server.addHook('preValidation', (request, _reply, done) => {
    const { schema } = request.routeOptions
    const isExpected = schema === undefined || schema.hide === true || schema.body !== undefined
    const isJson = request.headers['content-type']?.startsWith('application/json') === true
    const isAbsent = request.body === undefined || request.body === null
    done(isExpected || isAbsent || !isJson ? undefined : unexpectedBody())
  })
}

function unexpectedBody(): Problem {
  return invalidRequest([
    {
      where: 'body',
      field: '',
      message: { fr: 'Aucun corps n’est attendu ici.', en: 'No body is expected here.' },
    },
  ])
}
