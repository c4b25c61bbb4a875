import { formatTime } from '@probant/host'
import { Problem, signInRateLimit, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import {
  checkPassword,
  csrfTokenOf,
  issueToken,
  recogniseToken,
  revokeToken,
  SESSION_MS,
} from '../access/credentials.ts'
import type { Context } from '../context.ts'
import type { Operator } from '../store/operators.ts'
import { callerOf, SESSION_COOKIE } from './caller.ts'

const Secret = Type.String({ minLength: 1, maxLength: 1000 })

/** Signing in to the pages. */
export function sessionRoutes(server: Server, context: Context): void {
  server.post(
    '/api/v1/sessions',
    {
      config: signInRateLimit,
      schema: {
        tags: ['sessions'],
        summary: 'Sign in with a password or a token; sets the session cookie',
        body: Type.Union([
          strictObject({ user: Type.String({ minLength: 1, maxLength: 200 }), password: Secret }),
          strictObject({ token: Secret }),
        ]),
      },
    },
    async (request, reply) => {
      const { body } = request
      const operator =
        'token' in body
          ? (await recogniseToken(context, body.token))?.operator
          : await checkPassword(context, body.user, body.password)
      if (operator === undefined) throw wrongCredentials()
      const { secret, expiresAtMs } = await context.database.transaction((client) =>
        issueToken(client, context, operator, 'session'),
      )
      void reply.setCookie(SESSION_COOKIE, secret, {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure: request.protocol === 'https',
        maxAge: SESSION_MS / 1000,
      })
      return reply.code(201).send({
        ...described(operator),
        csrfToken: csrfTokenOf(context, secret),
        ...(expiresAtMs === null ? {} : { expiresAt: formatTime(expiresAtMs) }),
      })
    },
  )

  server.get(
    '/api/v1/sessions/current',
    { schema: { tags: ['sessions'], summary: 'Who is signed in' } },
    (request) => {
      const { operator, kind, secret } = callerOf(request)
      const csrf = kind === 'session' ? { csrfToken: csrfTokenOf(context, secret) } : {}
      return { ...described(operator), ...csrf }
    },
  )

  server.delete(
    '/api/v1/sessions/current',
    { schema: { tags: ['sessions'], summary: 'Sign out' } },
    async (request, reply) => {
      const caller = request.operatorCaller
      if (caller?.kind === 'session') await revokeToken(context, caller)
      void reply.clearCookie(SESSION_COOKIE, { path: '/' })
      return reply.code(204).send()
    },
  )
}

function described({ operatorId, userName }: Operator) {
  return { user: userName, id: operatorId, name: userName, roles: ['supervision-operator'] }
}

function wrongCredentials(): Problem {
  return new Problem({
    type: 'wrong-password',
    status: 401,
    title: {
      fr: 'Identifiant, mot de passe ou jeton incorrect.',
      en: 'The user name, password or token is wrong.',
    },
  })
}
