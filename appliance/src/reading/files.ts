import { fromHex, parseLat, parseStatement } from '@probant/evidence'
import { BoxError } from '../errors.ts'
import type { StoredObject } from '../store/objects.ts'

/** One file of an object. */
export interface ObjectFile {
  /** Counts from 1. */
  readonly number: number
  readonly sizeBytes: number
  readonly mediaType: string
  readonly sha256: Uint8Array
  readonly sha3: Uint8Array
}

/**
 * The files of an object: of one that has several, as the statement that was signed lists them.
 * @throws BoxError `integrity-failure` when what is stored of the statement was altered
 */
export function filesOf(object: StoredObject): readonly ObjectFile[] {
  const { id, sizeBytes, mediaType, sha256, sha3 } = object
  if (object.files === 1) return [{ number: 1, sizeBytes, mediaType, sha256, sha3 }]
  const listed = listedFiles(object)
  if (listed.length !== object.files) throw altered(id)
  return listed
}

function listedFiles({ id, lat }: StoredObject): ObjectFile[] {
  try {
    const { files } = parseStatement(parseLat(lat).statement)
    return files.map((file, at) => ({
      number: at + 1,
      sizeBytes: file.size,
      mediaType: file.mediaType,
      sha256: fromHex(file.digests.sha256),
      sha3: fromHex(file.digests['sha3-256']),
    }))
  } catch (cause) {
    throw altered(id, cause)
  }
}

const altered = (id: string, cause?: unknown) =>
  new BoxError(
    'integrity-failure',
    'fatal',
    `the stored list of files of object ${id} was altered`,
    {
      cause,
    },
  )
