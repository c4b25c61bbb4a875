import { Loop } from '@probant/host'
import { bodyTooLarge, strictObject, strictParser, type Server } from '@probant/web'
import { formatTime } from '@probant/host'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import type { DepositDesk } from '../deposit/desk.ts'
import { DepositError, type Deposited } from '../deposit/deposit.ts'
import { checkFileName, metadataBytes } from '../deposit/metadata.ts'
import { BoxError, noSuchEntry, unacceptable } from '../errors.ts'
import { UploadPieces, type PiecesSoFar } from '../store/upload-pieces.ts'
import { uploadsKey } from '../store/upload-key.ts'
import type { UploadRecord } from '../upload/record.ts'
import { Uploads } from '../upload/uploads.ts'
import { allowedIn, callerOf } from './caller.ts'
import { Metadata, answerOf, mediaTypeOf, uploaded, IDEMPOTENCY_KEY } from './deposits.ts'
import { problemOf } from './problems.ts'
import {
  badHeader,
  bytesIn,
  EXTENSIONS,
  metadataIn,
  otherOffset,
  PIECE_TYPE,
  speaksTus,
} from './tus.ts'

const MOST_OF_ONE_USER = 32
const LIFETIME_HOURS = 24
const HOUR_MS = 3_600_000
const CLEAN_UP_EVERY_MS = 10 * 60_000

const UploadPath = strictObject({ upload: Type.String({ format: 'uuid' }) })
const parseMetadata = strictParser(Metadata, 'upload-metadata')

/** Resumable uploads by tus 1.0 (with creation, expiration, termination): the last byte makes a deposit like any other. */
export function uploadRoutes(server: Server, box: Box, desk: DepositDesk): void {
  const tags = ['uploads']
  const path = '/api/v1/uploads'
  const { limits, home } = box.settings
  let key: Promise<Uint8Array> | undefined
  const pieces = new UploadPieces(
    home,
    () => {
      key ??= uploadsKey(box.keys, home)
      key.catch(() => (key = undefined))
      return key
    },
    box.randomness,
  )
  const { database, journal, clock, randomness, log } = box
  const uploads = new Uploads({
    ...{ pieces, database, journal, clock, randomness, log },
    mostOfOneUser: limits.uploadsOfOneUser ?? MOST_OF_ONE_USER,
    lifetimeMs: (limits.uploadHours ?? LIFETIME_HOURS) * HOUR_MS,
  })
  const cleaning = new Loop({
    ...{ name: 'expired uploads', clock, logger: log, everyMs: CLEAN_UP_EVERY_MS },
    work: () => uploads.removeExpired(),
  })
  server.addHook('onReady', () => {
    cleaning.start()
  })
  server.addHook('onClose', () => cleaning.stop())
  server.addContentTypeParser(PIECE_TYPE, (_request, payload, done) => {
    done(null, payload)
  })
  const onRequest = (
    request: FastifyRequest,
    reply: FastifyReply,
    done: (error?: Error) => void,
  ) => {
    try {
      speaksTus(request, reply)
      done()
    } catch (error) {
      done(error instanceof Error ? error : undefined)
    }
  }

  server.options(
    path,
    { onRequest, schema: { tags, summary: 'What of tus is spoken, and the largest upload' } },
    async (_request, reply) =>
      reply
        .code(204)
        .headers({ 'tus-extension': EXTENSIONS, 'tus-max-size': limits.objectBytes })
        .send(),
  )

  server.post(
    path,
    { onRequest, schema: { tags, summary: 'A new upload: `Upload-Length`, `Upload-Metadata`' } },
    async (request, reply) => {
      const lengthBytes = bytesIn(request, 'upload-length')
      const sent = request.headers['upload-metadata']
      if (typeof sent !== 'string') throw badHeader('upload-metadata')
      const { vaultId, ...given } = readGiven(sent, limits.metadataBytes)
      const { caller, vault } = await allowedIn(box, request, vaultId, 'deposit', {
        act: 'deposit',
      })
      if (lengthBytes > limits.objectBytes) throw bodyTooLarge(limits.objectBytes)
      if (lengthBytes === 0) throw unacceptable('Le fichier est vide.', 'The file is empty.')
      const userId = caller.user.id
      const record = await uploads.create({
        ...given,
        userId,
        vaultId: vault.id,
        lengthBytes,
        sent,
      })
      return reply
        .code(201)
        .headers({ location: `${path}/${record.id}`, ...expiry(record) })
        .send()
    },
  )

  server.head(
    `${path}/:upload`,
    { onRequest, schema: { tags, summary: 'How far an upload has come', params: UploadPath } },
    async (request, reply) => {
      const record = await ownUpload(request)
      const soFar = await uploads.soFar(record)
      if (soFar.bytes === record.lengthBytes) await end(request, record, soFar)
      return reply
        .code(200)
        .headers({
          'upload-offset': soFar.bytes,
          'upload-length': record.lengthBytes,
          'upload-metadata': record.sent,
          ...expiry(record),
        })
        .send()
    },
  )

  server.get(
    `${path}/:upload`,
    {
      onRequest,
      schema: {
        tags,
        summary: 'State of an upload; once deposited, the object',
        params: UploadPath,
      },
    },
    async (request) => {
      const record = await ownUpload(request)
      const soFar = await uploads.soFar(record)
      const about = {
        id: record.id,
        vault: record.vaultId,
        length: record.lengthBytes,
        offset: soFar.bytes,
        expiresAt: formatTime(record.expiresAtMs),
      }
      if (soFar.bytes < record.lengthBytes) return { ...about, state: 'receiving' }
      const outcome = await end(request, record, soFar)
      return outcome.state === 'refused'
        ? { ...about, ...outcome }
        : { ...about, state: outcome.state, object: await answerOf(box, record.vaultId, outcome) }
    },
  )

  server.patch(
    `${path}/:upload`,
    {
      onRequest,
      schema: { tags, summary: 'The next bytes, from `Upload-Offset`', params: UploadPath },
    },
    async (request, reply) => {
      const offset = bytesIn(request, 'upload-offset')
      const record = await ownUpload(request)
      const left = record.lengthBytes - offset
      if (left < 0 || (record.outcome !== null && left > 0))
        throw otherOffset((await uploads.soFar(record)).bytes)
      if (Number(request.headers['content-length'] ?? 0) > left) throw bodyTooLarge(left)
      if (left > 0) {
        const stream = atMost(left, uploaded(request.raw))
        const stop = () => request.raw.destroy()
        const { elsewhere } = await uploads.append(record, offset, stream, stop)
        if (elsewhere !== undefined) throw otherOffset(elsewhere)
      }
      const soFar = await uploads.soFar(record)
      const isWhole = soFar.bytes === record.lengthBytes
      const outcome = isWhole ? await end(request, record, soFar) : undefined
      return reply
        .code(204)
        .headers({
          'upload-offset': soFar.bytes,
          ...expiry(record),
          ...(outcome?.state === 'deposited'
            ? {
                'content-location': `/api/v1/vaults/${record.vaultId}/objects/${outcome.objectId}`,
              }
            : {}),
        })
        .send()
    },
  )

  server.delete(
    `${path}/:upload`,
    { onRequest, schema: { tags, summary: 'Gives an upload up', params: UploadPath } },
    async (request, reply) => {
      await uploads.withdraw(await ownUpload(request))
      return reply.code(204).send()
    },
  )

  /** @throws Problem 404, also for somebody else's */
  async function ownUpload(
    request: FastifyRequest<{ Params: { upload: string } }>,
  ): Promise<UploadRecord> {
    const { user } = callerOf(request)
    const record = await uploads.find(request.params.upload, user.id)
    if (record !== undefined) return record
    await journal.record({
      act: 'deposit',
      outcome: 'refused',
      actorId: user.id,
      data: { reason: 'no-such-upload', step: 'digests' },
    })
    throw noSuchEntry('Cet envoi n’existe pas, ou plus.', 'There is no such upload, or no more.')
  }

  /** What its sender may do is looked at again: much may have changed since it was begun. @throws Problem */
  async function end(request: FastifyRequest, record: UploadRecord, soFar: PiecesSoFar) {
    if (record.outcome?.state === 'deposited') return record.outcome
    if (record.outcome?.state === 'refused' && request.method === 'GET') return record.outcome
    const attempted = { act: 'deposit' }
    const { vault, caller } = await allowedIn(box, request, record.vaultId, 'deposit', attempted)
    if (record.outcome !== null) throw refusedBefore()
    const handIn = {
      vault,
      depositorId: caller.user.id,
      idempotencyKey: record.idempotencyKey ?? undefined,
    }
    return uploads.end(record, async (): Promise<Deposited> =>
      desk.hand(handIn, () => ({
        ...handIn,
        objectId: record.objectId,
        files: one({
          bytes: uploads.bytes(record, soFar),
          name: record.fileName,
          declaredType: record.declaredType,
        }),
        metadata: () => Promise.resolve(record.metadata),
      })),
    )
  }
}

/** What an upload's sender says of it. @throws Problem 400, 413; BoxError `bad-deposit` */
function readGiven(header: string, mostBytes: number) {
  if (header.length > mostBytes * 2) throw bodyTooLarge(mostBytes)
  const texts = metadataIn(header)
  const take = (name: string): string | undefined => {
    const text = texts.get(name)
    texts.delete(name)
    return text
  }
  const vaultId = take('vault') ?? ''
  const fileName = checkFileName(take('filename') ?? '')
  const declaredType = mediaTypeOf(take('filetype') ?? '')
  const idempotencyKey = take('idempotency-key') ?? null
  if (!/^[0-9a-f-]{36}$/.test(vaultId)) throw badHeader('upload-metadata: vault')
  if (idempotencyKey !== null && !new RegExp(IDEMPOTENCY_KEY).test(idempotencyKey))
    throw badHeader('upload-metadata: idempotency-key')
  const digests = Object.fromEntries(
    (['sha256', 'sha3-256'] as const).flatMap((name) => {
      const digest = take(name)
      return digest === undefined ? [] : [[name, digest]]
    }),
  )
  const fields = take('fields')
  const metadata = parseMetadata({
    ...Object.fromEntries(texts),
    ...(fields === undefined ? {} : { fields: parsedFields(fields) }),
    ...(Object.keys(digests).length === 0 ? {} : { digests }),
  })
  if (metadataBytes(metadata, [fileName]).length > mostBytes) throw bodyTooLarge(mostBytes)
  return { vaultId, fileName, declaredType, idempotencyKey, metadata }
}

function parsedFields(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badHeader('upload-metadata: fields', cause)
  }
}

const expiry = ({ expiresAtMs }: UploadRecord) => ({
  'upload-expires': new Date(expiresAtMs).toUTCString(),
})

async function* one<T>(only: T): AsyncGenerator<T> {
  yield await Promise.resolve(only)
}

/** @throws Problem 413 before the bytes that are too many */
async function* atMost(
  most: number,
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let left = most
  for await (const bytes of stream) {
    left -= bytes.length
    if (left < 0) throw bodyTooLarge(most)
    yield bytes
  }
}

const refusedBefore = () =>
  problemOf(
    new DepositError(
      'digests',
      new BoxError('bad-deposit', 'caller', 'it was refused when it ended', {
        words: {
          fr: 'Cet envoi a été refusé : GET en dit la raison.',
          en: 'This upload was refused: GET says why.',
        },
      }),
    ),
  )
