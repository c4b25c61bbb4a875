import { objectDigests, toHex, type EvidenceCrypto } from '@probant/evidence'
import { fileKey } from '@probant/keys'
import type { Randomness } from '@probant/host'
import { BoxError, unacceptable } from '../errors.ts'
import type { StagedObject } from '../store/files.ts'
import { checkFileName } from './metadata.ts'
import { digest, receive, type Received } from './reception.ts'
import type { ReceptionThreads } from './reception-threads.ts'

/** The media type of an object of several files (RFC 2046, section 5.1.3); each file has its own. */
const SEVERAL_FILES = 'multipart/mixed'

/** A file of a deposit, as it comes in. */
export interface UploadedFile {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly name: string
  readonly declaredType: string
}

export interface GivenDigests {
  readonly sha256?: string
  readonly 'sha3-256'?: string
}

interface ReceivedFile extends Received {
  readonly name: string
  readonly mediaType: string
}

/** What came in, as the statement says it. */
export interface ReceivedObject {
  readonly files: readonly (ReceivedFile & { readonly digests: HexDigests })[]
  readonly digests: HexDigests
  readonly sizeBytes: number
  readonly mediaType: string
}

interface HexDigests {
  readonly sha256: string
  readonly 'sha3-256': string
}

export interface FilesContext {
  readonly crypto: EvidenceCrypto
  readonly threads: ReceptionThreads
  readonly randomness: Randomness
  /** Of all files together. */
  readonly maxObjectBytes: number
}

/**
 * Step 1: the files of a deposit one after the other, each encrypted under its own key into its staging file while it is digested.
 * @throws BoxError `store-failed`, `bad-deposit`; what the streams throw
 */
export async function receiveFiles(
  { crypto, threads, randomness, maxObjectBytes }: FilesContext,
  uploaded: AsyncIterable<UploadedFile>,
  staged: StagedObject,
  dataKey: Uint8Array,
): Promise<ReceivedObject> {
  return gathered(crypto, uploaded, async ({ bytes }, number, before) => {
    const key = fileKey(dataKey, number)
    try {
      const given = { dataKey: key, salt: randomness.bytes(32) }
      return await receive(threads, bytes, await staged.next(), given, maxObjectBytes, before)
    } finally {
      key.fill(0)
    }
  })
}

/** The digests alone, for an upload that repeats one already kept. */
export function digestFiles(
  { crypto, maxObjectBytes }: FilesContext,
  uploaded: AsyncIterable<UploadedFile>,
): Promise<ReceivedObject> {
  return gathered(crypto, uploaded, ({ bytes }, _number, before) =>
    digest(crypto, bytes, maxObjectBytes, before),
  )
}

async function gathered(
  crypto: EvidenceCrypto,
  uploaded: AsyncIterable<UploadedFile>,
  read: (file: UploadedFile, number: number, before: number) => Promise<Received>,
): Promise<ReceivedObject> {
  const files: (ReceivedFile & { readonly digests: HexDigests })[] = []
  let before = 0
  for await (const file of uploaded) {
    const name = checkFileName(file.name)
    const received = await read(file, files.length + 1, before)
    const mediaType = received.detectedType ?? file.declaredType
    const digests = { sha256: toHex(received.sha256), 'sha3-256': toHex(received.sha3) }
    files.push({ ...received, name, mediaType, digests })
    before += received.sizeBytes
  }
  const { digests, size } = objectDigests(crypto, statementFiles(files))
  const [only, ...more] = files
  const mediaType = only === undefined || more.length > 0 ? SEVERAL_FILES : only.mediaType
  return { files, digests, sizeBytes: size, mediaType }
}

/** As a statement lists them. */
export const statementFiles = (files: ReceivedObject['files']) =>
  files.map(({ digests, mediaType, sizeBytes }) => ({ digests, mediaType, size: sizeBytes }))

/**
 * Refuses what can't be kept, and bytes other than those that the depositor read.
 * @param given of the one file, or of each in their order
 * @throws BoxError `bad-deposit`, `digest-mismatch`
 */
export function checkReceived(
  { files }: ReceivedObject,
  given: GivenDigests | readonly GivenDigests[] | undefined,
): void {
  if (files.some(({ sizeBytes }) => sizeBytes === 0))
    throw unacceptable('Le fichier est vide.', 'The file is empty.')
  if (given === undefined) return
  const each = 'length' in given ? given : [given]
  if (each.length !== files.length)
    throw unacceptable(
      `Les empreintes annoncées sont celles de ${each.length} fichier(s), ${files.length} ont été reçus.`,
      `The digests given are those of ${each.length} file(s), ${files.length} were received.`,
    )
  for (const [at, { digests }] of files.entries())
    for (const algorithm of ['sha256', 'sha3-256'] as const) {
      const expected = each[at]?.[algorithm]
      if (expected !== undefined && expected.toLowerCase() !== digests[algorithm])
        throw new BoxError(
          'digest-mismatch',
          'caller',
          'the digest given is not that of the bytes received',
        )
    }
}
