import { formatTime } from '@probant/host'
import { Problem, strictObject, type Server } from '@probant/web'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { BROWSER_SECONDS, type SignedIn, type SignInRefusal } from '../access/sign-in.ts'
import type { Box } from '../box.ts'
import { noSuchEntry } from '../errors.ts'
import { revokeCredential, type User } from '../store/people.ts'
import { endSessions, sessionsOf } from '../store/sessions.ts'
import { callerOf } from './caller.ts'
import { cookieName, originOf } from './origin.ts'
import { AuthenticationResponse, authenticationOf, passkeysOf } from './passkeys.ts'

/** An address may be a whole office: guessing at one name is slowed down elsewhere; this bounds what hashing passwords costs the box. */
const signInRateLimit = { rateLimit: { max: 120, timeWindow: 60_000 } } as const

const describe = (user: User) => ({
  user: user.login,
  id: user.id,
  name: user.name,
  roles: user.roles,
  language: user.language,
})

/** Sign-in with a password and what goes with it, or a passkey; the sessions that come of it. */
export function sessionRoutes(server: Server, box: Box): void {
  const tags = ['sessions']

  server.post(
    '/api/v1/sessions',
    {
      config: signInRateLimit,
      schema: {
        tags,
        summary: 'Sign in with a password, and a code where one is set up; sets the session cookie',
        body: strictObject({
          user: Type.String({ minLength: 1, maxLength: 200 }),
          password: Type.String({ minLength: 1, maxLength: 1000 }),
          code: Type.Optional(
            Type.String({
              minLength: 6,
              maxLength: 40,
              description: 'Six digits of an authenticator app, or a recovery code',
            }),
          ),
        }),
      },
    },
    async (request, reply) => {
      const { user, password, code } = request.body
      const answer = await box.signIn.withPassword(user, password, code, originOf(request))
      return opened(box, request, reply, answer)
    },
  )

  server.post(
    '/api/v1/sessions/passkey-challenges',
    {
      config: signInRateLimit,
      schema: { tags, summary: 'What navigator.credentials.get needs to sign in with a passkey' },
    },
    async (_request, reply) => {
      const options = await passkeysOf(box).requestOptions()
      return reply.code(201).send(options)
    },
  )

  server.post(
    '/api/v1/sessions/passkey',
    {
      config: signInRateLimit,
      schema: {
        tags,
        summary: 'Sign in with a passkey alone; sets the session cookie',
        body: strictObject({ response: AuthenticationResponse }),
      },
    },
    async (request, reply) => {
      passkeysOf(box)
      const response = authenticationOf(request.body.response)
      const answer = await box.signIn.withPasskey(response, originOf(request))
      return opened(box, request, reply, answer)
    },
  )

  server.get(
    '/api/v1/sessions',
    { schema: { tags, summary: 'One’s own live sessions, newest first' } },
    async (request) => {
      const { user, credentialId } = callerOf(request)
      const sessions = await sessionsOf(box.database, user.id, box.clock.nowMs())
      return {
        items: sessions.map(({ createdAtMs, expiresAtMs, ...session }) => ({
          ...session,
          createdAt: formatTime(createdAtMs),
          expiresAt: formatTime(expiresAtMs),
          isCurrent: session.id === credentialId,
        })),
      }
    },
  )

  server.get(
    '/api/v1/sessions/current',
    { schema: { tags, summary: 'Who is signed in, and how' } },
    (request) => {
      const { user, kind, factors } = callerOf(request)
      const secret = request.cookies[cookieName(request, 'session')]
      return {
        ...describe(user),
        ...(kind === 'session' && secret !== undefined
          ? { csrfToken: box.credentials.csrfToken(secret), factors }
          : {}),
      }
    },
  )

  server.delete(
    '/api/v1/sessions/current',
    { schema: { tags, summary: 'Sign out' } },
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
      void reply.clearCookie(cookieName(request, 'session'), {
        path: '/',
        ...cookieSecurity(request),
      })
      return reply.code(204).send()
    },
  )

  server.delete(
    '/api/v1/sessions/:session',
    {
      schema: {
        tags,
        summary: 'End one of one’s own sessions at once; `others` ends all but this one',
        params: strictObject({
          session: Type.Union([Type.String({ format: 'uuid' }), Type.Literal('others')]),
        }),
      },
    },
    async (request, reply) => {
      const { user, credentialId } = callerOf(request)
      const { session } = request.params
      const which = session === 'others' ? { allBut: credentialId } : { only: session }
      await box.journal.record({
        act: 'session-ended',
        outcome: 'done',
        actorId: user.id,
        data: { which: session === 'others' ? 'others' : 'one' },
        apply: async (client) => {
          const ended = await endSessions(client, user.id, which, box.clock.nowMs())
          if (ended === 0 && session !== 'others')
            throw noSuchEntry('Cette session n’est pas ouverte.', 'This session is not open.')
        },
      })
      return reply.code(204).send()
    },
  )
}

/** The cookies and who it is now; or why not. @throws Problem 401, 429 */
function opened(
  box: Box,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: SignedIn | SignInRefusal,
): FastifyReply {
  if ('reason' in answer) throw refusal(answer)
  const { user, secret, expiresAtMs, lifetimeSeconds, factors, browserSecret } = answer
  const cookie = { path: '/', ...cookieSecurity(request) }
  void reply.setCookie(cookieName(request, 'session'), secret, {
    ...cookie,
    maxAge: lifetimeSeconds,
  })
  if (browserSecret !== undefined)
    void reply.setCookie(cookieName(request, 'browser'), browserSecret, {
      ...cookie,
      maxAge: BROWSER_SECONDS,
    })
  return reply.code(201).send({
    ...describe(user),
    csrfToken: box.credentials.csrfToken(secret),
    factors,
    expiresAt: formatTime(expiresAtMs),
  })
}

const cookieSecurity = (request: FastifyRequest) =>
  ({ httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' }) as const

function refusal(refused: SignInRefusal): Problem {
  switch (refused.reason) {
    case 'too-many-attempts':
      return new Problem({
        type: 'too-many-attempts',
        status: 429,
        title: {
          fr: 'Trop d’essais ont échoué : attendez un peu avant le suivant.',
          en: 'Too many attempts have failed: wait a little before the next.',
        },
        headers: { 'retry-after': String(Math.ceil(refused.waitMs / 1000)) },
      })
    case 'wrong-password':
      return new Problem({
        type: 'wrong-password',
        status: 401,
        title: {
          fr: 'Identifiant ou mot de passe incorrect.',
          en: 'The user name or the password is wrong.',
        },
      })
    case 'second-factor-required':
      return new Problem({
        type: 'second-factor-required',
        status: 401,
        title: {
          fr: 'Le mot de passe est bon ; il faut encore le code de votre application, un code de secours ou votre clé d’accès.',
          en: 'The password is right; the code of your app, a recovery code or your passkey is needed as well.',
        },
        extra: { methods: [...refused.methods] },
      })
    case 'wrong-code':
      return new Problem({
        type: 'wrong-code',
        status: 401,
        title: {
          fr: 'Ce code n’est pas le bon, ou a déjà servi.',
          en: 'This code is not the right one, or was used already.',
        },
      })
    case 'wrong-passkey':
      return new Problem({
        type: 'wrong-passkey',
        status: 401,
        title: {
          fr: 'Cette clé d’accès n’est pas reconnue.',
          en: 'This passkey is not recognised.',
        },
      })
  }
}
