import { fromBase64, toHex, type Opening } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { Problem, strictObject, type Server } from '@probant/web'
import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { may } from '../access/permissions.ts'
import type { Box } from '../box.ts'
import { readMetadata, type KeptMetadata } from '../deposit/metadata.ts'
import { BoxError } from '../errors.ts'
import { CHECKED_FIRST_BYTES, content, contentRange } from '../reading/content.ts'
import { openedSecret } from '../reading/openings.ts'
import { receiptNow } from '../reading/receipts.ts'
import { sealOf } from '../reading/seal.ts'
import {
  countObjects,
  findObject,
  listObjects,
  readSecrets,
  type StoredObject,
} from '../store/objects.ts'
import type { Vault } from '../store/vaults.ts'
import { allowedIn, performed, type VaultCaller } from './caller.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readSeqCursor } from './paging.ts'
import { problemOf } from './problems.ts'
import { VaultPath } from './vaults.ts'

export const ObjectPath = strictObject({
  vault: Type.String({ format: 'uuid' }),
  id: Type.String({ format: 'uuid' }),
})

/** Technical metadata, as NF Z42-020 asks for them. */
export const describeObject = (
  object: Omit<StoredObject, 'lat' | 'dataKeyEnclosed' | 'keyGeneration'>,
) => ({
  id: object.id,
  vault: object.vaultId,
  size: object.sizeBytes,
  mediaType: object.mediaType,
  digests: { sha256: toHex(object.sha256), 'sha3-256': toHex(object.sha3) },
  depositedAt: formatTime(object.depositedAtMs),
  depositor: object.depositorId,
})

/** @throws Problem 404 */
export async function requireObject(box: Box, vaultId: string, id: string): Promise<StoredObject> {
  const object = await findObject(box.database, vaultId, id)
  if (object === undefined)
    throw problemOf(new BoxError('no-such-object', 'caller', 'no such object'))
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
  await box.journal.record({
    act,
    outcome: 'refused',
    vault: vault.id,
    actorId: caller.user.id,
    data: { reason: 'no-such-object' },
  })
  throw problemOf(new BoxError('no-such-object', 'caller', 'no such object'))
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
async function descriptions(
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
  const sees = ({ caller, rights }: VaultCaller) =>
    may('read-description', caller.user.roles, rights)

  server.get(
    '/api/v1/vaults/:vault/objects',
    {
      schema: {
        tags,
        summary: 'Objects, newest first; pages stay stable while deposits go on',
        params: VaultPath,
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const allowed = await allowedIn(box, request, request.params.vault, 'list', { act: 'list' })
      const { vault, caller } = allowed
      const limit = request.query.limit ?? DEFAULT_LIMIT
      const before = readSeqCursor(request.query.cursor)
      const found = await listObjects(box.database, vault.id, before, limit + 1)
      const page = found.slice(0, limit)
      const described = sees(allowed) ? await descriptions(box, vault, page) : undefined
      await performed(box, caller, 'list', { vault: vault.id }, { items: page.length })
      const last = page.at(-1)
      return {
        items: page.map((object) => ({
          ...describeObject(object),
          ...described?.get(object.id),
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
      return { ...describeObject(object), ...described?.get(id), seal, receipt }
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
    async (request, reply) => {
      const { vault: vaultId, id } = request.params
      const attempted = { act: 'read', object: id }
      const allowed = await allowedIn(box, request, vaultId, 'read-content', attempted)
      const object = await objectFor(box, allowed, id, attempted.act)
      const named = (await descriptions(box, allowed.vault, [object])).get(id)
      contentHeaders(reply, object, named?.fileName)
      return sendContent(box, allowed, object, request.headers.range, reply)
    },
  )
}

function contentHeaders(reply: FastifyReply, object: StoredObject, fileName = 'document'): void {
  const base64 = (digest: Uint8Array) => Buffer.from(digest).toString('base64')
  const plain = fileName.replace(/[^A-Za-z0-9._ -]/g, '_')
  void reply.headers({
    'content-type': object.mediaType,
    'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`,
    // RFC 9530; `sha3-256` under the name that the box's own digests carry.
    'repr-digest': `sha-256=:${base64(object.sha256)}:, sha3-256=:${base64(object.sha3)}:`,
    'accept-ranges': 'bytes',
    etag: `"${toHex(object.sha256)}"`,
    'content-security-policy': "sandbox; default-src 'none'",
  })
}

/** Journals the read, then gives out the bytes: whole files up to 8 MiB only after both digests were recomputed. */
async function sendContent(
  box: Box,
  { caller, vault }: VaultCaller,
  object: StoredObject,
  rangeHeader: string | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const cipher = await box.ciphers.of(vault)
  const where = { vault: vault.id, object: object.id }
  const range = readRange(rangeHeader, object.sizeBytes)
  const alarm = async (error: unknown): Promise<void> => {
    if (error instanceof BoxError && error.code === 'integrity-failure')
      await journalIntegrityFailure(box, caller.user.id, vault.id, object.id, 'read')
  }
  if (range !== undefined) {
    await performed(box, caller, 'read', where, { start: range.start, end: range.end })
    void reply.code(206).headers({
      'content-range': `bytes ${range.start}-${range.end - 1}/${object.sizeBytes}`,
      'content-length': range.end - range.start,
    })
    const bytes = contentRange(box.files, cipher, object, range.start, range.end)
    return reply.send(Readable.from(watched(bytes, alarm), { objectMode: false }))
  }
  void reply.header('content-length', object.sizeBytes)
  const bytes = content(box.crypto, box.files, cipher, object)
  if (object.sizeBytes <= CHECKED_FIRST_BYTES) {
    const chunks: Uint8Array[] = []
    for await (const chunk of watched(bytes, alarm)) chunks.push(chunk)
    await performed(box, caller, 'read', where)
    return reply.send(Buffer.concat(chunks))
  }
  await performed(box, caller, 'read', where)
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
