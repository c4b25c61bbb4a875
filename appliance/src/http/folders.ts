import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { byName, createFolder, lineOf, moveFolder, subfolders } from '../folders/folders.ts'
import { placeObject } from '../store/folders.ts'
import { allowedIn, performed } from './caller.ts'
import { ObjectPath, objectFor } from './objects.ts'
import { DEFAULT_LIMIT, Page, badCursor } from './paging.ts'
import { refused } from './refusals.ts'
import { VaultPath } from './vaults.ts'

const id = Type.String({ format: 'uuid' })
const FolderPath = strictObject({ vault: id, folder: id })
const Name = Type.String({ minLength: 1, maxLength: 255 })
const Place = Type.Union([id, Type.Null()])

/** Folders of a vault, to any depth, and which of them a document is in. */
export function folderRoutes(server: Server, box: Box): void {
  const tags = ['folders']

  server.get(
    '/api/v1/vaults/:vault/folders',
    {
      schema: {
        tags,
        summary: 'Folders directly in the vault, or in `parent`, by name',
        params: VaultPath,
        querystring: strictObject({ ...Page, parent: Type.Optional(id) }),
      },
    },
    async (request) => {
      const { parent = null, limit = DEFAULT_LIMIT, cursor } = request.query
      const act = 'list'
      const allowed = await allowedIn(box, request, request.params.vault, 'read-description', {
        act,
      })
      const { vault, caller } = allowed
      if (parent !== null) await lineOf(box, vault, parent)
      const cipher = await box.ciphers.of(vault)
      const after =
        cursor === undefined ? undefined : readCursor(cipher.openFolderName.bind(cipher), cursor)
      const found = await subfolders(box, vault, parent)
      const rest = after === undefined ? found : found.filter((each) => byName(each, after) > 0)
      const items = rest.slice(0, limit)
      await performed(box, caller, act, { vault: vault.id }, { folders: items.length })
      const last = items.at(-1)
      if (rest.length <= limit || last === undefined) return { items }
      // Names stand in no log: the cursor, which is part of an address, holds the last one enclosed.
      const { enclosed } = cipher.encloseFolderName(last.id, last.id, last.name)
      return { items, nextCursor: `${last.id}.${Buffer.from(enclosed).toString('base64url')}` }
    },
  )

  server.get(
    '/api/v1/vaults/:vault/folders/:folder',
    { schema: { tags, summary: 'A folder, and the path to it', params: FolderPath } },
    async (request) => {
      const act = 'list'
      const { vault: vaultId, folder } = request.params
      const { vault, caller } = await allowedIn(box, request, vaultId, 'read-description', { act })
      const line = await lineOf(box, vault, folder)
      await performed(box, caller, act, { vault: vault.id }, { folder })
      return { ...(line.at(-1) ?? line[0]), path: line.map(({ name }) => name) }
    },
  )

  server.post(
    '/api/v1/vaults/:vault/folders',
    {
      schema: {
        tags,
        summary: 'Create a folder directly in the vault, or in `parent`',
        params: VaultPath,
        body: strictObject({ name: Name, parent: Type.Optional(Place) }),
      },
    },
    async (request, reply) => {
      const act = 'folder-created'
      const { vault, caller } = await allowedIn(
        box,
        request,
        request.params.vault,
        'create-folders',
        { act },
      )
      const { name, parent = null } = request.body
      const actorId = caller.user.id
      const made = await createFolder(box, actorId, vault, { name, parent }).catch(
        refused(box, { act, actorId, vault: vault.id }),
      )
      return reply.code(201).send(made)
    },
  )

  server.patch(
    '/api/v1/vaults/:vault/folders/:folder',
    {
      schema: {
        tags,
        summary:
          'Rename a folder, or move it with all that is in it; `parent` null: directly in the vault',
        params: FolderPath,
        body: strictObject({ name: Type.Optional(Name), parent: Type.Optional(Place) }),
      },
    },
    async (request) => {
      const act = 'folder-changed'
      const { vault: vaultId, folder } = request.params
      const { vault, caller } = await allowedIn(box, request, vaultId, 'organise', { act })
      const actorId = caller.user.id
      return moveFolder(box, actorId, vault, folder, request.body).catch(
        refused(box, { act, actorId, vault: vault.id }),
      )
    },
  )

  server.put(
    '/api/v1/vaults/:vault/objects/:id/folder',
    {
      schema: {
        tags,
        summary: 'Move a document into a folder; null: directly into the vault',
        params: ObjectPath,
        body: strictObject({ folder: Place }),
      },
    },
    async (request, reply) => {
      const act = 'object-moved'
      const { vault: vaultId, id: objectId } = request.params
      const attempted = { act, object: objectId }
      const allowed = await allowedIn(box, request, vaultId, 'organise', attempted)
      const object = await objectFor(box, allowed, objectId, act)
      const { folder } = request.body
      if (folder !== null) await lineOf(box, allowed.vault, folder)
      await box.journal.record({
        ...attempted,
        outcome: 'done',
        vault: allowed.vault.id,
        actorId: allowed.caller.user.id,
        data: { folder },
        apply: (client) => placeObject(client, object, folder),
      })
      return reply.code(204).send()
    },
  )
}

/** @throws Problem 400 for one that this vault did not give out */
function readCursor(open: (id: string, enclosed: Uint8Array) => string, cursor: string) {
  const [folder = '', enclosed = ''] = cursor.split('.')
  try {
    return { id: folder, name: open(folder, Buffer.from(enclosed, 'base64url')) }
  } catch {
    throw badCursor()
  }
}
