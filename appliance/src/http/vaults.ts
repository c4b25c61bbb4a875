import { forbidden, strictObject, type Server } from '@probant/web'
import { PostgresError } from '@probant/postgres'
import { Type } from 'typebox'
import { may } from '../access/permissions.ts'
import type { Box } from '../box.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import { findUser } from '../store/people.ts'
import { addVault, listVaults, renameVault, setMember, type Vault } from '../store/vaults.ts'
import { allowedIn, allowedOnBox, callerOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readCursor } from './paging.ts'
import { problemOf } from './problems.ts'

export const VaultPath = strictObject({ vault: Type.String({ format: 'uuid' }) })
const VaultName = Type.String({ minLength: 1, maxLength: 200 })
const Rights = Type.Array(Type.Union([Type.Literal('deposit'), Type.Literal('read')]), {
  uniqueItems: true,
})

const describe = (vault: Vault) => ({
  id: vault.id,
  name: vault.name,
  createdAt: new Date(vault.createdAtMs).toISOString(),
})

/** A name already taken is the caller's fault; anything else goes on as it is. */
export function nameTaken(error: unknown, what: string): unknown {
  return error instanceof PostgresError && error.sqlState === '23505'
    ? problemOf(new BoxError('conflict', 'caller', what, { cause: error }))
    : error
}

export function vaultRoutes(server: Server, box: Box): void {
  const tags = ['vaults']

  server.post(
    '/api/v1/vaults',
    { schema: { tags, summary: 'Create a vault', body: strictObject({ name: VaultName }) } },
    async (request, reply) => {
      const caller = await allowedOnBox(box, request, 'administer', 'vault-created')
      const id = box.randomness.uuid()
      const vault: Vault = {
        id,
        name: request.body.name,
        createdAtMs: box.clock.nowMs(),
        key: await box.ciphers.create(id),
        formerKey: null,
      }
      await box.journal
        .record({
          act: 'vault-created',
          outcome: 'done',
          vault: id,
          actorId: caller.user.id,
          data: { epoch: vault.key.epoch },
          apply: (client) => addVault(client, vault),
        })
        .catch((error: unknown) => {
          throw nameTaken(error, 'a vault of this name exists')
        })
      return reply.code(201).send(describe(vault))
    },
  )

  server.get(
    '/api/v1/vaults',
    {
      schema: { tags, summary: 'Vaults that the caller may see', querystring: strictObject(Page) },
    },
    async (request) => {
      const { user } = callerOf(request)
      const limit = request.query.limit ?? DEFAULT_LIMIT
      const member = may('see', user.roles) ? null : user.id
      const after = readCursor(request.query.cursor) ?? ''
      const vaults = await listVaults(box.database, member, after, limit + 1)
      const page = vaults.slice(0, limit)
      const last = page.at(-1)
      return {
        items: page.map(describe),
        ...(vaults.length > limit && last !== undefined
          ? { nextCursor: makeCursor(last.name) }
          : {}),
      }
    },
  )

  server.get(
    '/api/v1/vaults/:vault',
    { schema: { tags, summary: 'One vault', params: VaultPath } },
    async (request) => {
      const { vault, rights } = await allowedIn(box, request, request.params.vault, 'see', {
        act: 'access',
      })
      return { ...describe(vault), rights }
    },
  )

  server.patch(
    '/api/v1/vaults/:vault',
    {
      schema: {
        tags,
        summary: 'Rename a vault',
        params: VaultPath,
        body: strictObject({ name: VaultName }),
      },
    },
    async (request) => {
      const attempted = { act: 'vault-changed' }
      const { vault, caller } = await allowedIn(
        box,
        request,
        request.params.vault,
        'administer',
        attempted,
      )
      const { name } = request.body
      await box.journal
        .record({
          ...attempted,
          outcome: 'done',
          vault: vault.id,
          actorId: caller.user.id,
          data: { changed: ['name'] },
          apply: (client) => renameVault(client, vault.id, name),
        })
        .catch((error: unknown) => {
          throw nameTaken(error, 'a vault of this name exists')
        })
      return describe({ ...vault, name })
    },
  )

  server.put(
    '/api/v1/vaults/:vault/members/:user',
    {
      schema: {
        tags,
        summary: 'Give a user rights in a vault; an empty list takes them all away',
        params: strictObject({
          vault: Type.String({ format: 'uuid' }),
          user: Type.String({ format: 'uuid' }),
        }),
        body: strictObject({ rights: Rights }),
      },
    },
    async (request, reply) => {
      const attempted = { act: 'vault-changed' }
      const { vault, caller } = await allowedIn(
        box,
        request,
        request.params.vault,
        'administer',
        attempted,
      )
      const { user: userId } = request.params
      if (userId === caller.user.id && !may('read-content', caller.user.roles)) {
        await box.journal.record({
          ...attempted,
          outcome: 'refused',
          vault: vault.id,
          actorId: caller.user.id,
          data: { reason: 'own-rights' },
        })
        throw forbidden()
      }
      if ((await findUser(box.database, userId)) === undefined)
        throw problemOf(noSuchEntry('Cet utilisateur n’existe pas.', 'This user does not exist.'))
      const { rights } = request.body
      await box.journal.record({
        ...attempted,
        outcome: 'done',
        vault: vault.id,
        actorId: caller.user.id,
        data: { changed: ['members'], rights },
        hidden: { user: userId },
        apply: (client) => setMember(client, vault.id, userId, rights),
      })
      return reply.code(204).send()
    },
  )
}
