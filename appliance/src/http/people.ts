import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { hashPassword } from '../access/credentials.ts'
import { isBuiltIn } from '../access/permissions.ts'
import type { Box } from '../box.ts'
import { BoxError } from '../errors.ts'
import { addUser, changeUser, findUser, listUsers, type Account } from '../store/people.ts'
import { listRoles, requireAdministrator } from '../store/roles.ts'
import { allowedOnBox } from './caller.ts'
import { noSuchUser } from './absent.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readCursor } from './paging.ts'
import { problemOf } from './problems.ts'
import { refused } from './refusals.ts'
import { nameTaken } from './vaults.ts'

const UserPath = strictObject({ user: Type.String({ format: 'uuid' }) })
const Name = Type.String({ minLength: 1, maxLength: 200 })
const Language = Type.Union([Type.Literal('fr'), Type.Literal('en')])
const Roles = Type.Array(Type.String({ pattern: '^[a-z][a-z0-9-]{1,62}$' }), {
  minItems: 1,
  maxItems: 50,
  uniqueItems: true,
  description: 'Names of roles (GET /roles)',
})

const describe = (user: Account) => ({
  id: user.id,
  user: user.login,
  name: user.name,
  roles: user.roles,
  language: user.language,
  disabled: user.disabled,
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
          name: Name,
          password: Type.String({ minLength: 12, maxLength: 1000 }),
          roles: Roles,
          language: Type.Optional(Language),
        }),
      },
    },
    async (request, reply) => {
      const { password, user: login, name, roles, language = 'fr' } = request.body
      const isPlain = roles.every((role) => role === 'user')
      const needed = isPlain ? 'administer-people' : 'administer-roles'
      const caller = await allowedOnBox(box, request, needed, 'user-created')
      await requireRoles(box, roles)
      const user = { id: box.randomness.uuid(), login, name, roles, language, disabled: false }
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
      await allowedOnBox(box, request, 'administer-people', 'list')
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

  server.get(
    '/api/v1/users/:user',
    { schema: { tags: ['people'], summary: 'A user', params: UserPath } },
    async (request) => {
      await allowedOnBox(box, request, 'administer-people', 'list')
      const found = await findUser(box.database, request.params.user)
      if (found === undefined) throw noSuchUser()
      return describe(found)
    },
  )

  server.patch(
    '/api/v1/users/:user',
    {
      schema: {
        tags: ['people'],
        summary: 'Change a user; a disabled one’s tokens and sessions end at once, for good',
        params: UserPath,
        body: strictObject({
          name: Type.Optional(Name),
          roles: Type.Optional(Roles),
          language: Type.Optional(Language),
          disabled: Type.Optional(Type.Boolean()),
        }),
      },
    },
    async (request) => {
      const act = 'user-changed'
      const { body } = request
      const needed = body.roles === undefined ? 'administer-people' : 'administer-roles'
      const { user: caller } = await allowedOnBox(box, request, needed, act)
      const before = await findUser(box.database, request.params.user)
      if (before === undefined) throw noSuchUser()
      if (body.roles !== undefined) await requireRoles(box, body.roles)
      const after: Account = { ...before, ...body }
      await box.journal
        .record({
          act,
          outcome: 'done',
          actorId: caller.id,
          data: {
            changed: Object.keys(body).sort(),
            ...(body.roles === undefined ? {} : { roles: body.roles }),
            ...(body.disabled === undefined ? {} : { disabled: body.disabled }),
          },
          hidden: { user: before.id },
          apply: async (client) => {
            await changeUser(client, after, box.clock.nowMs())
            await requireAdministrator(client)
          },
        })
        .catch(refused(box, { act, actorId: caller.id, hidden: { user: before.id } }))
      return describe(after)
    },
  )
}

/** @throws Problem 422 for a role that there is not */
async function requireRoles(box: Box, roles: readonly string[]): Promise<void> {
  const custom = new Set((await listRoles(box.database)).map(({ name }) => name))
  const unknown = roles.filter((role) => !isBuiltIn(role) && !custom.has(role))
  if (unknown.length === 0) return
  const words = {
    fr: `Il n’y a pas de rôle ${unknown.join(', ')}.`,
    en: `There is no role ${unknown.join(', ')}.`,
  }
  throw problemOf(new BoxError('role-refused', 'caller', 'no such role', { words }))
}
