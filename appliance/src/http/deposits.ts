import multipart, { type Multipart, type MultipartFile } from '@fastify/multipart'
import {
  Problem,
  bodyTooLarge,
  strictObject,
  strictParser,
  unsupportedMedia,
  type Server,
} from '@probant/web'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Box } from '../box.ts'
import { DepositDesk } from '../deposit/desk.ts'
import type { UploadedFile } from '../deposit/files.ts'
import { BoxError } from '../errors.ts'
import { freshReceipt, receiptNow } from '../reading/receipts.ts'
import { sealOf } from '../reading/seal.ts'
import { allowedIn } from './caller.ts'
import { describeObject, objectOpening, requireObject } from './objects.ts'
import { problemOf } from './problems.ts'
import { VaultPath } from './vaults.ts'

const hexDigest = Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{64}$' }))
const Digests = strictObject({ sha256: hexDigest, 'sha3-256': hexDigest })

/** The `metadata` part of a deposit. */
export const Metadata = strictObject({
  title: Type.String({ minLength: 1, maxLength: 500 }),
  folder: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  fields: Type.Optional(
    Type.Record(Type.String({ minLength: 1, maxLength: 100 }), Type.String({ maxLength: 4000 })),
  ),
  retentionClass: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** Of the one file, or of each in their order. */
  digests: Type.Optional(Type.Union([Digests, Type.Array(Digests, { minItems: 1 })])),
})
type Metadata = Static<typeof Metadata>
const parseMetadata = strictParser(Metadata, 'metadata')

const missingPart = (part: 'metadata' | 'file') =>
  new Problem({
    type: 'missing-part',
    status: 422,
    title: {
      fr: `La partie « ${part} » manque : rien n’a été conservé.`,
      en: `The part “${part}” is missing: nothing was kept.`,
    },
    step: 'digests',
  })

const unknownPart = (part: string) =>
  new Problem({
    type: 'unknown-field',
    status: 422,
    title: {
      fr: `La partie « ${part.slice(0, 100)} » n’est pas connue : rien n’a été conservé.`,
      en: `The part “${part.slice(0, 100)}” is not known: nothing was kept.`,
    },
    step: 'digests',
  })

const tooManyFiles = (most: number) =>
  new Problem({
    type: 'too-many-files',
    status: 422,
    title: {
      fr: `Un dépôt peut avoir ${most} fichiers au plus : rien n’a été conservé.`,
      en: `A deposit may have ${most} files at most: nothing was kept.`,
    },
    step: 'digests',
  })

export const IDEMPOTENCY_KEY = '^[\\x21-\\x7e]{1,200}$'

/** Files of one deposit where the settings don't say. */
const MOST_FILES = 100

/** Where every deposit of the box is handed in. */
export function depositDesk(box: Box): DepositDesk {
  const { limits, boxId } = box.settings
  return new DepositDesk(
    {
      boxId,
      database: box.database,
      crypto: box.crypto,
      clock: box.clock,
      randomness: box.randomness,
      files: box.files,
      threads: box.threads,
      ciphers: box.ciphers,
      lats: box.lats,
      journal: box.journal,
      witnessing: box.witnessing,
      retention: box.retention,
      maxObjectBytes: limits.objectBytes,
    },
    limits.pendingDeposits,
  )
}

export async function depositRoutes(server: Server, box: Box, desk: DepositDesk): Promise<void> {
  const { limits } = box.settings
  const mostFiles = limits.objectFiles ?? MOST_FILES
  await server.register(multipart, {
    preservePath: true,
    limits: {
      fieldNameSize: 100,
      fieldSize: limits.metadataBytes,
      // One more than may be, so that the refusal says which it was.
      fields: 2,
      files: mostFiles + 2,
      parts: mostFiles + 4,
      fileSize: Number.MAX_SAFE_INTEGER,
      headerPairs: 20,
    },
  })
  server.post(
    '/api/v1/vaults/:vault/objects',
    {
      onRequest: (request, _reply, done) => {
        const isForm = /^multipart\/form-data/i.test(request.headers['content-type'] ?? '')
        done(isForm ? undefined : unsupportedMedia())
      },
      schema: {
        tags: ['objects'],
        summary: 'Deposit: a `metadata` part (JSON) and one or more `file` parts',
        params: VaultPath,
        headers: Type.Object(
          { 'idempotency-key': Type.Optional(Type.String({ pattern: IDEMPOTENCY_KEY })) },
          { additionalProperties: true },
        ),
      },
    },
    async (request, reply) => {
      const { vault, caller } = await allowedIn(box, request, request.params.vault, 'deposit', {
        act: 'deposit',
      })
      const idempotencyKey = request.headers['idempotency-key']
      const handIn = { vault, depositorId: caller.user.id, idempotencyKey }
      const deposited = await desk.hand(handIn, async () => {
        const form = new DepositForm(request, limits.metadataBytes, mostFiles)
        const first = await form.file()
        return { ...handIn, files: form.files(first), metadata: () => form.metadata() }
      })
      if (deposited.kind === 'repeated')
        return reply.code(201).send(await answerOf(box, vault.id, deposited))
      const { row, opening, recorded } = deposited
      const receipt = await freshReceipt(box.proofs, row.lat, opening, recorded)
      const seal = sealOf(box.seals, row.lat)
      return reply.code(201).send({ ...describeObject(row), seal, receipt })
    },
  )
}

/** A deposit's answer once more, with the receipt as it is now. @throws Problem 404 when the object is gone */
export async function answerOf(box: Box, vaultId: string, { objectId }: { objectId: string }) {
  const vault = await box.lookups.vault(vaultId)
  if (vault === undefined) throw problemOf(new BoxError('no-such-vault', 'caller', 'no such vault'))
  const object = await requireObject(box, vaultId, objectId)
  const opening = await objectOpening(box, vault, object)
  const receipt = await receiptNow(box, object, opening)
  return { ...describeObject(object), seal: sealOf(box.seals, object.lat), receipt }
}

/** The parts of a deposit, in whichever order they come. */
class DepositForm {
  readonly #parts: AsyncIterator<Multipart>
  readonly #maxMetadataBytes: number
  readonly #mostFiles: number
  #metadata: Metadata | undefined

  constructor(request: FastifyRequest, maxMetadataBytes: number, mostFiles: number) {
    this.#parts = request.parts()[Symbol.asyncIterator]()
    this.#maxMetadataBytes = maxMetadataBytes
    this.#mostFiles = mostFiles
  }

  /** Reads up to the first file; its bytes must be consumed before anything else. */
  async file(): Promise<MultipartFile> {
    const part = await this.#next()
    if (part === undefined) throw missingPart('file')
    return part
  }

  /** The files from the first on. */
  async *files(first: MultipartFile): AsyncGenerator<UploadedFile> {
    let part: MultipartFile | undefined = first
    for (let count = 1; part !== undefined; count += 1) {
      if (count > this.#mostFiles) throw tooManyFiles(this.#mostFiles)
      yield {
        bytes: uploaded(part.file as AsyncIterable<Uint8Array>),
        name: part.filename,
        declaredType: mediaTypeOf(part.mimetype),
      }
      part = await this.#next()
    }
  }

  /** Once every file was read. */
  async metadata(): Promise<Metadata> {
    if ((await this.#next()) !== undefined) throw tooManyFiles(this.#mostFiles)
    if (this.#metadata === undefined) throw missingPart('metadata')
    return this.#metadata
  }

  async #next(): Promise<MultipartFile | undefined> {
    for (;;) {
      const next = await this.#parts.next()
      if (next.done === true) return undefined
      const part = next.value
      if (part.type === 'file') {
        if (part.fieldname === 'file') return part
        if (part.fieldname !== 'metadata') throw unknownPart(part.fieldname)
        this.#take(parsed(await textOf(part, this.#maxMetadataBytes)))
      } else if (part.fieldname !== 'metadata') throw unknownPart(part.fieldname)
      else if (part.valueTruncated) throw bodyTooLarge(this.#maxMetadataBytes)
      // The parser has already read a part that says it is JSON.
      else this.#take(typeof part.value === 'string' ? parsed(part.value) : part.value)
    }
  }

  #take(value: unknown): void {
    if (this.#metadata !== undefined) throw unknownPart('metadata')
    this.#metadata = parseMetadata(value)
  }
}

/** A metadata part that came with a file name, as some clients send it. */
async function textOf(part: MultipartFile, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of part.file as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw bodyTooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem({
      type: 'invalid-request',
      status: 400,
      title: {
        fr: 'La partie « metadata » n’est pas du JSON : rien n’a été conservé.',
        en: 'The part “metadata” is not JSON: nothing was kept.',
      },
      step: 'digests',
      cause: error,
    })
  }
}

/** The upload's bytes; a connection that breaks off is the depositor's interruption, not a failure of the box. */
export async function* uploaded(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream
  } catch (error) {
    throw new BoxError('upload-aborted', 'caller', 'the upload was interrupted', { cause: error })
  }
}

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}$/
export function mediaTypeOf(declared: string): string {
  const type = declared.split(';')[0]?.trim().toLowerCase() ?? ''
  return MEDIA_TYPE.test(type) ? type : 'application/octet-stream'
}
