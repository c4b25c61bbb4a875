import { toHex } from '@probant/evidence'
import { Problem, strictObject, type Server } from '@probant/web'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { nameOfFile } from '../deposit/metadata.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import { CHECKED_FIRST_BYTES, content, contentRange } from '../reading/content.ts'
import { filesOf, type ObjectFile } from '../reading/files.ts'
import type { StoredObject } from '../store/objects.ts'
import { allowedIn, performed, type VaultCaller } from './caller.ts'
import { ObjectPath, descriptions, journalIntegrityFailure, objectFor } from './objects.ts'
import { problemOf } from './problems.ts'

const FilePath = strictObject({
  ...ObjectPath.properties,
  file: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
})

/** The exact bytes of an object's files. */
export function contentRoutes(server: Server, box: Box): void {
  const tags = ['objects']

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
