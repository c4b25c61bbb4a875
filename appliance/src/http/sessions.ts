import { Problem, signInRateLimit, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { revokeCredential, type User } from '../store/people.ts'
import { SESSION_COOKIE, callerOf } from './caller.ts'

const SESSION_SECONDS = 8 * 3600

const describe = (user: User) => ({
  user: user.login,
  id: user.id,
  name: user.name,
  roles: user.roles,
  language: user.language,
})

/** Sign-in with a password, and the portal's session. */
export function sessionRoutes(server: Server, box: Box): void {
  server.post(
    '/api/v1/sessions',
    {
      config: signInRateLimit,
      schema: {
        tags: ['sessions'],
        summary: 'Sign in; sets the session cookie',
        body: strictObject({
          user: Type.String({ minLength: 1, maxLength: 200 }),
          password: Type.String({ minLength: 1, maxLength: 1000 }),
        }),
      },
    },
    async (request, reply) => {
      const { user: login, password } = request.body
      const user = await box.credentials.checkPassword(box.database, login, password)
      if (user === undefined) {
        await box.journal.record({
          act: 'sign-in',
          outcome: 'refused',
          hidden: { address: request.ip },
          data: { reason: 'wrong-password' },
        })
        throw new Problem({
          type: 'wrong-password',
          status: 401,
          title: {
            fr: 'Identifiant ou mot de passe incorrect.',
            en: 'The user name or the password is wrong.',
          },
        })
      }
      const session = box.credentials.issue(user.id, 'session', 'portal', SESSION_SECONDS)
      await box.journal.record({
        act: 'sign-in',
        outcome: 'done',
        actorId: user.id,
        hidden: { address: request.ip },
        apply: session.store,
      })
      void reply.setCookie(SESSION_COOKIE, session.secret, {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure: request.protocol === 'https',
        maxAge: SESSION_SECONDS,
      })
      return reply.code(201).send({
        ...describe(user),
        csrfToken: box.credentials.csrfToken(session.secret),
        expiresAt: new Date(session.expiresAtMs).toISOString(),
      })
    },
  )

  server.get(
    '/api/v1/sessions/current',
    { schema: { tags: ['sessions'], summary: 'Who is signed in' } },
    (request) => {
      const { user, kind } = callerOf(request)
      const secret = request.cookies[SESSION_COOKIE]
      return {
        ...describe(user),
        ...(kind === 'session' && secret !== undefined
          ? { csrfToken: box.credentials.csrfToken(secret) }
          : {}),
      }
    },
  )

  server.delete(
    '/api/v1/sessions/current',
    { schema: { tags: ['sessions'], summary: 'Sign out' } },
    async (request, reply) => {
      const { caller } = request
      if (caller?.kind === 'session')
        await box.journal.record({
          act: 'sign-out',
          outcome: 'done',
          actorId: caller.user.id,
          apply: async (client) => {
            await revokeCredential(client, caller.credentialId, box.clock.nowMs())
          },
        })
      void reply.clearCookie(SESSION_COOKIE, { path: '/' })
      return reply.code(204).send()
    },
  )
}
