import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { hashPassword } from '../access/credentials.ts'
import type { Box } from '../box.ts'
import { noSuchEntry } from '../errors.ts'
import {
  addUser,
  findUser,
  listTokens,
  listUsers,
  revokeCredential,
  type User,
} from '../store/people.ts'
import { allowedOnBox } from './caller.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readCursor } from './paging.ts'
import { problemOf } from './problems.ts'
import { nameTaken } from './vaults.ts'

const Role = Type.Union([
  Type.Literal('user'),
  Type.Literal('auditor'),
  Type.Literal('functional-administrator'),
  Type.Literal('technical-administrator'),
])
const SECONDS_A_DAY = 86_400

const describe = (user: User) => ({
  id: user.id,
  user: user.login,
  name: user.name,
  roles: user.roles,
  language: user.language,
})

export function peopleRoutes(server: Server, box: Box): void {
  server.post(
    '/api/v1/users',
    {
      schema: {
        tags: ['people'],
        summary: 'Create a user',
        body: strictObject({
          user: Type.String({ pattern: '^[a-z0-9][a-z0-9._@-]{0,199}$', description: 'Login' }),
          name: Type.String({ minLength: 1, maxLength: 200 }),
          password: Type.String({ minLength: 12, maxLength: 1000 }),
          roles: Type.Array(Role, { minItems: 1, uniqueItems: true }),
          language: Type.Optional(Type.Union([Type.Literal('fr'), Type.Literal('en')])),
        }),
      },
    },
    async (request, reply) => {
      const caller = await allowedOnBox(box, request, 'administer', 'user-created')
      const { password, user: login, name, roles, language = 'fr' } = request.body
      const user: User = { id: box.randomness.uuid(), login, name, roles, language }
      const passwordHash = await hashPassword(password)
      await box.journal
        .record({
          act: 'user-created',
          outcome: 'done',
          actorId: caller.user.id,
          data: { roles },
          hidden: { user: user.id },
          apply: (client) =>
            addUser(client, { ...user, passwordHash, createdAtMs: box.clock.nowMs() }),
        })
        .catch((error: unknown) => {
          throw nameTaken(error, 'a user of this login exists')
        })
      return reply.code(201).send(describe(user))
    },
  )

  server.get(
    '/api/v1/users',
    { schema: { tags: ['people'], summary: 'Users', querystring: strictObject(Page) } },
    async (request) => {
      await allowedOnBox(box, request, 'administer', 'list')
      const limit = request.query.limit ?? DEFAULT_LIMIT
      const after = readCursor(request.query.cursor) ?? ''
      const users = await listUsers(box.database, after, limit + 1)
      const page = users.slice(0, limit)
      const last = page.at(-1)
      return {
        items: page.map(describe),
        ...(users.length > limit && last !== undefined
          ? { nextCursor: makeCursor(last.login) }
          : {}),
      }
    },
  )

  server.post(
    '/api/v1/tokens',
    {
      schema: {
        tags: ['people'],
        summary: 'Issue an API token for a user; it is shown once',
        body: strictObject({
          user: Type.String({ format: 'uuid' }),
          label: Type.String({ minLength: 1, maxLength: 200 }),
          expiresInDays: Type.Integer({ minimum: 1, maximum: 3650 }),
        }),
      },
    },
    async (request, reply) => {
      const caller = await allowedOnBox(box, request, 'administer', 'token-created')
      const { user: userId, label, expiresInDays } = request.body
      const owner = await findUser(box.database, userId)
      if (owner === undefined)
        throw problemOf(noSuchEntry('Cet utilisateur n’existe pas.', 'This user does not exist.'))
      const token = box.credentials.issue(userId, 'token', label, expiresInDays * SECONDS_A_DAY)
      await box.journal.record({
        act: 'token-created',
        outcome: 'done',
        actorId: caller.user.id,
        data: { token: token.id },
        hidden: { user: userId },
        apply: token.store,
      })
      return reply.code(201).send({
        id: token.id,
        token: token.secret,
        expiresAt: new Date(token.expiresAtMs).toISOString(),
      })
    },
  )

  server.get(
    '/api/v1/tokens',
    { schema: { tags: ['people'], summary: 'Live tokens, newest first, without their secrets' } },
    async (request) => {
      await allowedOnBox(box, request, 'administer', 'list')
      const tokens = await listTokens(box.database, 1000)
      return {
        items: tokens.map(({ createdAtMs, expiresAtMs, userId, ...token }) => ({
          ...token,
          user: userId,
          createdAt: new Date(createdAtMs).toISOString(),
          expiresAt: new Date(expiresAtMs).toISOString(),
        })),
      }
    },
  )

  server.delete(
    '/api/v1/tokens/:token',
    {
      schema: {
        tags: ['people'],
        summary: 'Revoke a token at once',
        params: strictObject({ token: Type.String({ format: 'uuid' }) }),
      },
    },
    async (request, reply) => {
      const caller = await allowedOnBox(box, request, 'administer', 'token-revoked')
      const { token } = request.params
      await box.journal.record({
        act: 'token-revoked',
        outcome: 'done',
        actorId: caller.user.id,
        data: { token },
        apply: async (client) => {
          if (!(await revokeCredential(client, token, box.clock.nowMs())))
            throw noSuchEntry(
              'Aucun jeton valide ne porte cet identifiant.',
              'No live token has this identifier.',
            )
        },
      })
      return reply.code(204).send()
    },
  )
}
