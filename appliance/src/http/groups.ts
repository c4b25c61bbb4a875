import { forbidden, strictObject, type Server } from '@probant/web'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { JsonObject } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { Box } from '../box.ts'
import {
  addGroup,
  addGroupMember,
  deleteGroup,
  findGroup,
  groupMembers,
  listGroups,
  removeGroupMember,
  renameGroup,
} from '../store/groups.ts'
import { findUser } from '../store/people.ts'
import { noSuchGroup, noSuchUser } from './absent.ts'
import { allowedOnBox } from './caller.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readCursor } from './paging.ts'
import { nameTaken } from './vaults.ts'

const id = Type.String({ format: 'uuid' })
const GroupPath = strictObject({ group: id })
const MemberPath = strictObject({ group: id, user: id })
const Named = strictObject({ name: Type.String({ minLength: 1, maxLength: 200 }) })

/** Groups: people who are given rights together. */
export function groupRoutes(server: Server, box: Box): void {
  const tags = ['people']
  const existing = async (group: string) => {
    const found = await findGroup(box.database, group)
    if (found === undefined) throw noSuchGroup()
    return found
  }
  const record = (
    act: 'group-created' | 'group-changed' | 'group-deleted',
    actorId: string,
    data: JsonObject,
    apply: (client: Client) => Promise<void>,
    user?: string,
  ) =>
    box.journal
      .record({
        act,
        outcome: 'done',
        actorId,
        data,
        ...(user === undefined ? {} : { hidden: { user } }),
        apply,
      })
      .catch((error: unknown) => {
        throw nameTaken(error, 'a group of this name exists')
      })

  server.post(
    '/api/v1/groups',
    { schema: { tags, summary: 'Create a group', body: Named } },
    async (request, reply) => {
      const act = 'group-created'
      const { user } = await allowedOnBox(box, request, 'administer-people', act)
      const group = { id: box.randomness.uuid(), name: request.body.name }
      await record(act, user.id, { group: group.id }, (client) =>
        addGroup(client, group, box.clock.nowMs()),
      )
      return reply.code(201).send(group)
    },
  )

  server.get(
    '/api/v1/groups',
    { schema: { tags, summary: 'Groups, by name', querystring: strictObject(Page) } },
    async (request) => {
      await allowedOnBox(box, request, 'administer-people', 'list')
      const limit = request.query.limit ?? DEFAULT_LIMIT
      const found = await listGroups(
        box.database,
        readCursor(request.query.cursor) ?? '',
        limit + 1,
      )
      const items = found.slice(0, limit)
      const last = items.at(-1)
      return {
        items,
        ...(found.length > limit && last !== undefined
          ? { nextCursor: makeCursor(last.name) }
          : {}),
      }
    },
  )

  server.get(
    '/api/v1/groups/:group',
    { schema: { tags, summary: 'A group and its members', params: GroupPath } },
    async (request) => {
      await allowedOnBox(box, request, 'administer-people', 'list')
      const group = await existing(request.params.group)
      return { ...group, members: await groupMembers(box.database, group.id) }
    },
  )

  server.patch(
    '/api/v1/groups/:group',
    { schema: { tags, summary: 'Rename a group', params: GroupPath, body: Named } },
    async (request) => {
      const act = 'group-changed'
      const { user } = await allowedOnBox(box, request, 'administer-people', act)
      const { id: group } = await existing(request.params.group)
      const { name } = request.body
      await record(act, user.id, { group, changed: ['name'] }, (client) =>
        renameGroup(client, group, name),
      )
      return { id: group, name }
    },
  )

  server.delete(
    '/api/v1/groups/:group',
    { schema: { tags, summary: 'Delete a group; its rights go with it', params: GroupPath } },
    async (request, reply) => {
      const act = 'group-deleted'
      const { user } = await allowedOnBox(box, request, 'administer-people', act)
      const { id: group } = await existing(request.params.group)
      await record(act, user.id, { group }, (client) => deleteGroup(client, group))
      return reply.code(204).send()
    },
  )

  /** Nobody puts themselves into a group: it may have rights in vaults. */
  const changing = async (request: FastifyRequest, group: string, member: string) => {
    const act = 'group-changed'
    const { user } = await allowedOnBox(box, request, 'administer-people', act)
    if (member === user.id) {
      const data = { group, reason: 'own-rights' }
      await box.journal.record({ act, outcome: 'refused', actorId: user.id, data })
      throw forbidden()
    }
    await existing(group)
    if ((await findUser(box.database, member)) === undefined) throw noSuchUser()
    return user.id
  }

  server.put(
    '/api/v1/groups/:group/members/:user',
    { schema: { tags, summary: 'Put a user into a group', params: MemberPath } },
    async (request, reply) => {
      const { group, user } = request.params
      const actor = await changing(request, group, user)
      const data = { group, changed: ['members'], member: true }
      await record(
        'group-changed',
        actor,
        data,
        (client) => addGroupMember(client, group, user),
        user,
      )
      return reply.code(204).send()
    },
  )

  server.delete(
    '/api/v1/groups/:group/members/:user',
    { schema: { tags, summary: 'Take a user out of a group', params: MemberPath } },
    async (request, reply) => {
      const { group, user } = request.params
      const actor = await changing(request, group, user)
      const data = { group, changed: ['members'], member: false }
      await record(
        'group-changed',
        actor,
        data,
        (client) => removeGroupMember(client, group, user),
        user,
      )
      return reply.code(204).send()
    },
  )
}
