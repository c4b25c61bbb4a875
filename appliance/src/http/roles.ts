import { strictObject, type Server } from '@probant/web'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { BUILT_IN_ROLES, ROLE_PERMISSIONS, isBuiltIn } from '../access/permissions.ts'
import type { Box } from '../box.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import {
  addRole,
  changeRole,
  deleteRole,
  findRole,
  listRoles,
  type CustomRole,
} from '../store/roles.ts'
import { allowedOnBox } from './caller.ts'
import { problemOf } from './problems.ts'
import { refused } from './refusals.ts'
import { nameTaken } from './vaults.ts'

const Name = Type.String({ pattern: '^[a-z][a-z0-9-]{1,62}$' })
const RolePath = strictObject({ role: Name })
const Label = Type.String({ minLength: 1, maxLength: 200 })
const Permissions = Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  description: ROLE_PERMISSIONS.join(', '),
})

/** Roles: what somebody may do everywhere, without opening a document. */
export function roleRoutes(server: Server, box: Box): void {
  const tags = ['people']

  /** The caller; permissions that no role may hold are refused, and the refusal journalled. */
  const administering = async (
    request: FastifyRequest,
    act: string,
    role: string,
    permissions: readonly string[] = [],
  ) => {
    const { user } = await allowedOnBox(box, request, 'administer-roles', act)
    const known: readonly string[] = ROLE_PERMISSIONS
    const wrong = permissions.filter((each) => !known.includes(each))
    if (wrong.length === 0 && !isBuiltIn(role)) return user.id
    const reason = wrong.length === 0 ? 'built-in' : 'not-for-roles'
    await box.journal.record({ act, outcome: 'refused', actorId: user.id, data: { role, reason } })
    throw problemOf(wrong.length === 0 ? builtIn() : notForRoles(wrong))
  }
  const existing = async (name: string) => {
    const role = await findRole(box.database, name)
    if (role === undefined)
      throw problemOf(noSuchEntry('Ce rôle n’existe pas.', 'This role does not exist.'))
    return role
  }

  server.get(
    '/api/v1/roles',
    { schema: { tags, summary: 'Roles, the built-in ones first' } },
    async (request) => {
      await allowedOnBox(box, request, 'administer-people', 'list')
      const custom = await listRoles(box.database)
      return {
        items: [
          ...Object.entries(BUILT_IN_ROLES).map(([name, permissions]) => ({
            name,
            label: name,
            builtIn: true,
            permissions: permissions,
          })),
          ...custom.map((role) => ({ ...role, builtIn: false })),
        ],
        permissions: ROLE_PERMISSIONS,
      }
    },
  )

  server.post(
    '/api/v1/roles',
    {
      schema: {
        tags,
        summary: 'Make a role of permissions; none that would open content or descriptions',
        body: strictObject({ name: Name, label: Label, permissions: Permissions }),
      },
    },
    async (request, reply) => {
      const act = 'role-created'
      const role: CustomRole = request.body
      const actorId = await administering(request, act, role.name, role.permissions)
      await box.journal
        .record({
          act,
          outcome: 'done',
          actorId,
          data: { role: role.name, permissions: [...role.permissions] },
          apply: (client) => addRole(client, role, box.clock.nowMs()),
        })
        .catch((error: unknown) => {
          throw nameTaken(error, 'a role of this name exists')
        })
      return reply.code(201).send({ ...role, builtIn: false })
    },
  )

  server.patch(
    '/api/v1/roles/:role',
    {
      schema: {
        tags,
        summary: 'Change a role that is no built-in one; it counts at once',
        params: RolePath,
        body: strictObject({
          label: Type.Optional(Label),
          permissions: Type.Optional(Permissions),
        }),
      },
    },
    async (request) => {
      const act = 'role-changed'
      const { role: name } = request.params
      const { permissions, label } = request.body
      const actorId = await administering(request, act, name, permissions)
      const before = await existing(name)
      const role = {
        name,
        label: label ?? before.label,
        permissions: permissions ?? before.permissions,
      }
      await box.journal
        .record({
          act,
          outcome: 'done',
          actorId,
          data: { role: name, permissions: [...role.permissions] },
          apply: (client) => changeRole(client, role),
        })
        .catch(refused(box, { act, actorId }))
      return { ...role, builtIn: false }
    },
  )

  server.delete(
    '/api/v1/roles/:role',
    { schema: { tags, summary: 'Delete a role that nobody has', params: RolePath } },
    async (request, reply) => {
      const act = 'role-deleted'
      const { role } = request.params
      const actorId = await administering(request, act, role)
      await existing(role)
      await box.journal
        .record({
          act,
          outcome: 'done',
          actorId,
          data: { role },
          apply: (client) => deleteRole(client, role),
        })
        .catch(refused(box, { act, actorId }))
      return reply.code(204).send()
    },
  )
}

const builtIn = () =>
  new BoxError('conflict', 'caller', 'a built-in role', {
    words: {
      fr: 'Ce nom est celui d’un rôle intégré, qui ne change pas.',
      en: 'This is the name of a built-in role, which does not change.',
    },
  })

const notForRoles = (permissions: readonly string[]) => {
  const list = permissions.join(', ')
  return new BoxError('role-refused', 'caller', 'not for roles', {
    words: {
      fr: `Aucun rôle ne peut donner : ${list}. Lire des documents ou leur description ne s’obtient que par des droits dans un coffre.`,
      en: `No role can give: ${list}. Reading documents, or what describes them, comes from rights in a vault alone.`,
    },
  })
}
