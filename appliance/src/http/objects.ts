import { fromBase64, toHex, type Opening } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { readMetadata, type KeptMetadata } from '../deposit/metadata.ts'
import { BoxError } from '../errors.ts'
import { filesOf } from '../reading/files.ts'
import { openedSecret } from '../reading/openings.ts'
import { whyMissing } from '../destruction/tombstone.ts'
import { termOfObject } from '../retention/object-term.ts'
import { receiptNow } from '../reading/receipts.ts'
import { sealOf } from '../reading/seal.ts'
import {
  countObjects,
  findObject,
  listObjects,
  listObjectsIn,
  readSecrets,
  type StoredObject,
} from '../store/objects.ts'
import { placesOf } from '../store/folders.ts'
import type { Vault } from '../store/vaults.ts'
import { allowedIn, performed, type VaultCaller } from './caller.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readSeqCursor } from './paging.ts'
import { problemOf } from './problems.ts'
import { VaultPath } from './vaults.ts'

export const ObjectPath = strictObject({
  vault: Type.String({ format: 'uuid' }),
  id: Type.String({ format: 'uuid' }),
})

const hexDigests = ({
  sha256,
  sha3,
}: {
  readonly sha256: Uint8Array
  readonly sha3: Uint8Array
}) => ({
  sha256: toHex(sha256),
  'sha3-256': toHex(sha3),
})

/** Technical metadata, as NF Z42-020 asks for them; of each file too, where there are several. With what the depositor said, for those who may see it. */
export function describeObject(object: StoredObject, described?: KeptMetadata) {
  const { fileNames, ...said } = described ?? { fileNames: undefined }
  return {
    id: object.id,
    vault: object.vaultId,
    size: object.sizeBytes,
    mediaType: object.mediaType,
    digests: hexDigests(object),
    ...(object.files === 1
      ? {}
      : {
          files: filesOf(object).map((file) => ({
            number: file.number,
            ...named(fileNames?.[file.number - 1]),
            size: file.sizeBytes,
            mediaType: file.mediaType,
            digests: hexDigests(file),
          })),
        }),
    depositedAt: formatTime(object.depositedAtMs),
    depositor: object.depositorId,
    ...said,
  }
}

const named = (fileName: string | undefined) => (fileName === undefined ? {} : { fileName })

/** @throws Problem 404, 410 */
export async function requireObject(box: Box, vaultId: string, id: string): Promise<StoredObject> {
  const object = await findObject(box.database, vaultId, id)
  if (object === undefined) throw problemOf(await whyMissing(box.database, vaultId, id))
  return object
}

/** The object, if the caller may do `action`; asking for one that doesn't exist is journalled as refused. */
export async function objectFor(
  box: Box,
  { caller, vault }: VaultCaller,
  id: string,
  act: string,
): Promise<StoredObject> {
  const object = await findObject(box.database, vault.id, id)
  if (object !== undefined) return object
  const missing = await whyMissing(box.database, vault.id, id)
  await box.journal.record({
    act,
    outcome: 'refused',
    vault: vault.id,
    ...(missing.code === 'destroyed' ? { object: id } : {}),
    actorId: caller.user.id,
    data: { reason: missing.code },
  })
  throw problemOf(missing)
}

async function secretOpening(
  box: Box,
  vault: Vault,
  object: { readonly id: string },
  field: 'object' | 'metadata',
): Promise<Opening> {
  const secrets = await readSecrets(box.database, [object.id], [field])
  const enclosed = secrets.get(`${object.id}:${field}`)
  if (enclosed === undefined)
    throw new BoxError('integrity-failure', 'fatal', `the ${field} opening is missing`)
  const cipher = await box.ciphers.of(vault)
  return openedSecret(cipher, object.id, field, enclosed)
}

/** What the commitment of an object's deposit trace hides. */
export const objectOpening = (box: Box, vault: Vault, object: { readonly id: string }) =>
  secretOpening(box, vault, object, 'object')

/** Descriptive metadata of objects; those that were erased are absent. */
export async function descriptions(
  box: Box,
  vault: Vault,
  objects: readonly StoredObject[],
): Promise<Map<string, KeptMetadata>> {
  const secrets = await readSecrets(
    box.database,
    objects.map((object) => object.id),
    ['metadata'],
  )
  const cipher = await box.ciphers.of(vault)
  const found = new Map<string, KeptMetadata>()
  for (const { id } of objects) {
    const enclosed = secrets.get(`${id}:metadata`)
    if (enclosed === undefined) continue
    const opening = openedSecret(cipher, id, 'metadata', enclosed)
    found.set(id, readMetadata(fromBase64(opening.value)))
  }
  return found
}

export function objectRoutes(server: Server, box: Box): void {
  const tags = ['objects']
  const sees = ({ permissions }: VaultCaller) => permissions.has('read-description')

  server.get(
    '/api/v1/vaults/:vault/objects',
    {
      schema: {
        tags,
        summary: 'Objects, newest first; pages stay stable while deposits go on',
        params: VaultPath,
        querystring: strictObject({
          ...Page,
          folder: Type.Optional(
            Type.String({ format: 'uuid', description: 'Only those directly in this folder' }),
          ),
        }),
      },
    },
    async (request) => {
      const allowed = await allowedIn(box, request, request.params.vault, 'list', { act: 'list' })
      const { vault, caller } = allowed
      const limit = request.query.limit ?? DEFAULT_LIMIT
      const before = readSeqCursor(request.query.cursor)
      const { folder } = request.query
      const found =
        folder === undefined
          ? await listObjects(box.database, vault.id, before, limit + 1)
          : await listObjectsIn(box.database, vault.id, folder, before, limit + 1)
      const page = found.slice(0, limit)
      const described = sees(allowed) ? await descriptions(box, vault, page) : undefined
      const places = await placesOf(
        box.database,
        page.map(({ id }) => id),
      )
      await performed(box, caller, 'list', { vault: vault.id }, { items: page.length })
      const last = page.at(-1)
      return {
        items: page.map((object) => ({
          ...describeObject(object, described?.get(object.id)),
          folderId: places.get(object.id) ?? null,
          receipt: { state: stateOf(box, object) },
        })),
        ...(found.length > limit && last !== undefined
          ? { nextCursor: makeCursor(last.depositSeq) }
          : {}),
      }
    },
  )

  server.get(
    '/api/v1/vaults/:vault/objects/count',
    { schema: { tags, summary: 'How many objects, and how many bytes', params: VaultPath } },
    async (request) => {
      const { vault, caller } = await allowedIn(box, request, request.params.vault, 'list', {
        act: 'count',
      })
      const { objects, sizeBytes } = await countObjects(box.database, vault.id)
      await performed(box, caller, 'count', { vault: vault.id })
      return { count: objects, size: sizeBytes }
    },
  )

  server.get(
    '/api/v1/vaults/:vault/objects/:id',
    {
      schema: { tags, summary: 'Technical and descriptive metadata, receipt', params: ObjectPath },
    },
    async (request) => {
      const { vault: vaultId, id } = request.params
      const attempted = { act: 'read-metadata', object: id }
      const allowed = await allowedIn(box, request, vaultId, 'list', attempted)
      const object = await objectFor(box, allowed, id, attempted.act)
      const { vault, caller } = allowed
      const described = sees(allowed) ? await descriptions(box, vault, [object]) : undefined
      const opening = await objectOpening(box, vault, object)
      const receipt = await receiptNow(box, object, opening)
      await performed(box, caller, 'read-metadata', { vault: vault.id, object: id })
      const seal = sealOf(box.seals, object.lat)
      const retention = await termOfObject(box.policies, object)
      const folderId = (await placesOf(box.database, [id])).get(id) ?? null
      return { ...describeObject(object, described?.get(id)), folderId, retention, seal, receipt }
    },
  )
}

/** A stored object was found altered: the act fails, and the finding is journalled so that the centre sees it. */
export async function journalIntegrityFailure(
  box: Box,
  actorId: string,
  vault: string,
  object: string,
  act: string,
): Promise<void> {
  // Destroyed since it was looked up: its file is gone as it should be.
  const missing = await whyMissing(box.database, vault, object)
  if (missing.code === 'destroyed') throw problemOf(missing)
  const where = { vault, object, actorId, outcome: 'failed' } as const
  if (act !== 'integrity-check')
    await box.journal.record({ ...where, act, data: { reason: 'integrity-failure' } })
  await box.journal.record({
    ...where,
    act: 'integrity-check',
    data: { reason: 'integrity-failure', badObjects: [object], firstBadSeq: null },
  })
}

/** How far the proof of a deposit has come. */
export const stateOf = (box: Box, object: { readonly depositSeq: number }) =>
  object.depositSeq < box.dating.datedSize
    ? 'dated'
    : object.depositSeq < box.journal.witnessedSize
      ? 'witnessed'
      : 'accepted'
