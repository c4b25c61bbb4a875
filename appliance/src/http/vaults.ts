import { strictObject, type Server } from '@probant/web'
import { PostgresError } from '@probant/postgres'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { BoxError } from '../errors.ts'
import { addVault, listVaults, renameVault, type Vault } from '../store/vaults.ts'
import { allowedIn, allowedOnBox, callerOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readCursor } from './paging.ts'
import { problemOf } from './problems.ts'

export const VaultPath = strictObject({ vault: Type.String({ format: 'uuid' }) })
const VaultName = Type.String({ minLength: 1, maxLength: 200 })

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
      const caller = await allowedOnBox(box, request, 'administer-vaults', 'vault-created')
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
      const caller = callerOf(request)
      const limit = request.query.limit ?? DEFAULT_LIMIT
      const filter = {
        memberId: caller.permissions.has('see') ? undefined : caller.user.id,
        nowMs: box.clock.nowMs(),
        id: caller.limits.vault,
      }
      const after = readCursor(request.query.cursor) ?? ''
      const vaults = await listVaults(box.database, filter, after, limit + 1)
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
      const { vault, rights, permissions } = await allowedIn(
        box,
        request,
        request.params.vault,
        'see',
        {
          act: 'access',
        },
      )
      return { ...describe(vault), rights, permissions: [...permissions] }
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
        'administer-vaults',
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
}
