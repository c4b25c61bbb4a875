import { fromBase64, toHex, type Opening } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { Problem, strictObject, type Server } from '@probant/web'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { nameOfFile, readMetadata, type KeptMetadata } from '../deposit/metadata.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import { CHECKED_FIRST_BYTES, content, contentRange } from '../reading/content.ts'
import { filesOf, type ObjectFile } from '../reading/files.ts'
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

const FilePath = strictObject({
  ...ObjectPath.properties,
  file: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
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
async function objectFor(
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

  server.get(
    '/api/v1/vaults/:vault/objects/:id/content',
    {
      schema: {
        tags,
        summary: 'The exact bytes; integrity checked on the way out, ranges accepted',
        params: ObjectPath,
      },
    },
    async (request, reply) => giveFile(box, request, reply, request.params),
  )

  server.get(
    '/api/v1/vaults/:vault/objects/:id/files/:file/content',
    {
      schema: {
        tags,
        summary: 'The exact bytes of one of an object’s files, by its number',
        params: FilePath,
      },
    },
    async (request, reply) => giveFile(box, request, reply, request.params),
  )
}

/** Gives out one file of an object: the one that is named, else its only one. */
async function giveFile(
  box: Box,
  request: FastifyRequest,
  reply: FastifyReply,
  { vault: vaultId, id, file: number }: { vault: string; id: string; file?: number },
): Promise<FastifyReply> {
  const attempted = { act: 'read', object: id }
  const allowed = await allowedIn(box, request, vaultId, 'read-content', attempted)
  const object = await objectFor(box, allowed, id, attempted.act)
  const file = await fileFor(box, allowed, object, number)
  const metadata = (await descriptions(box, allowed.vault, [object])).get(id)
  contentHeaders(reply, file, metadata && nameOfFile(metadata, file.number))
  return sendContent(box, allowed, object, file, request.headers.range, reply)
}

/** @throws Problem 404 for a number that it doesn't have; 409 where it has several and none is named */
async function fileFor(
  box: Box,
  { caller, vault }: VaultCaller,
  object: StoredObject,
  number: number | undefined,
): Promise<ObjectFile> {
  const files = filesOf(object)
  const file = files.find((each) => each.number === (number ?? 1))
  if (file !== undefined && (number !== undefined || files.length === 1)) return file
  const reason = file === undefined ? 'no-such-file' : 'several-files'
  await box.journal.record({
    act: 'read',
    outcome: 'refused',
    ...{ vault: vault.id, object: object.id },
    actorId: caller.user.id,
    data: { reason },
  })
  if (file === undefined)
    throw problemOf(
      noSuchEntry('Ce document n’a pas ce fichier.', 'This document has no such file.'),
    )
  throw new Problem({
    type: 'several-files',
    status: 409,
    title: {
      fr: `Ce document a ${files.length} fichiers : demandez chacun par son numéro (files/1/content…), ou le dossier de preuve, qui les contient tous.`,
      en: `This document has ${files.length} files: ask for each by its number (files/1/content…), or for the evidence bundle, which holds them all.`,
    },
    extra: { files: files.length },
  })
}

function contentHeaders(reply: FastifyReply, file: ObjectFile, fileName = 'document'): void {
  const base64 = (digest: Uint8Array) => Buffer.from(digest).toString('base64')
  const plain = fileName.replace(/[^A-Za-z0-9._ -]/g, '_')
  void reply.headers({
    'content-type': file.mediaType,
    'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`,
    // RFC 9530; `sha3-256` under the name that the box's own digests carry.
    'repr-digest': `sha-256=:${base64(file.sha256)}:, sha3-256=:${base64(file.sha3)}:`,
    'accept-ranges': 'bytes',
    etag: `"${toHex(file.sha256)}"`,
    'content-security-policy': "sandbox; default-src 'none'",
  })
}

/** Journals the read, then gives out the bytes: whole files up to 8 MiB only after both digests were recomputed. */
async function sendContent(
  box: Box,
  { caller, vault }: VaultCaller,
  object: StoredObject,
  file: ObjectFile,
  rangeHeader: string | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const cipher = await box.ciphers.of(vault)
  const where = { vault: vault.id, object: object.id }
  const which = object.files === 1 ? {} : { file: file.number }
  const range = readRange(rangeHeader, file.sizeBytes)
  const alarm = async (error: unknown): Promise<void> => {
    if (error instanceof BoxError && error.code === 'integrity-failure')
      await journalIntegrityFailure(box, caller.user.id, vault.id, object.id, 'read')
  }
  if (range !== undefined) {
    await performed(box, caller, 'read', where, { ...which, start: range.start, end: range.end })
    void reply.code(206).headers({
      'content-range': `bytes ${range.start}-${range.end - 1}/${file.sizeBytes}`,
      'content-length': range.end - range.start,
    })
    const bytes = contentRange(box.files, cipher, object, file, range.start, range.end)
    return reply.send(Readable.from(watched(bytes, alarm), { objectMode: false }))
  }
  void reply.header('content-length', file.sizeBytes)
  const bytes = content(box.crypto, box.files, cipher, object, file)
  if (file.sizeBytes <= CHECKED_FIRST_BYTES) {
    const chunks: Uint8Array[] = []
    for await (const chunk of watched(bytes, alarm)) chunks.push(chunk)
    await performed(box, caller, 'read', where, which)
    return reply.send(Buffer.concat(chunks))
  }
  await performed(box, caller, 'read', where, which)
  return reply.send(Readable.from(watched(bytes, alarm), { objectMode: false }))
}

async function* watched(
  bytes: AsyncIterable<Uint8Array>,
  alarm: (error: unknown) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    await alarm(error)
    throw error
  }
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

/** One RFC 9110 byte range; several at once are answered with the whole. @throws Problem 416 */
function readRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  const [, from = '', to = ''] = match ?? []
  if (match === null || (from === '' && to === '')) return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size : Math.min(size, Number(to) + 1)
  if (start >= end)
    throw new Problem({
      type: 'range-not-satisfiable',
      status: 416,
      title: {
        fr: 'Le document n’a pas ces octets.',
        en: 'The document does not have these bytes.',
      },
      headers: { 'content-range': `bytes */${size}` },
    })
  return { start, end }
}

/** How far the proof of a deposit has come. */
export const stateOf = (box: Box, object: { readonly depositSeq: number }) =>
  object.depositSeq < box.dating.datedSize
    ? 'dated'
    : object.depositSeq < box.journal.witnessedSize
      ? 'witnessed'
      : 'accepted'

export { objectFor }
