import { canonicalBytes, type JsonObject } from '@probant/evidence'
import { unacceptable } from '../errors.ts'

/** What a depositor says about an object. */
export interface DescriptiveMetadata {
  readonly title: string
  readonly folder?: string
  readonly fields?: Readonly<Record<string, string>>
}

const MAX_FILE_NAME_BYTES = 255
/** Controls, and the marks that make a name read other than it is (Unicode TR 36): both are refused, not removed. */
const DECEPTIVE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u

/**
 * A file name as the depositor's machine gave it. Paths are refused rather than cut: what is kept is exactly what was sent.
 * @throws BoxError `bad-deposit`
 */
export function checkFileName(name: string): string {
  if (name === '') throw unacceptable('Le fichier n’a pas de nom.', 'The file has no name.')
  if (!name.isWellFormed())
    throw unacceptable(
      'Le nom du fichier n’est pas en Unicode valable.',
      'The file’s name is not valid Unicode.',
    )
  if (Buffer.byteLength(name) > MAX_FILE_NAME_BYTES)
    throw unacceptable(
      `Le nom du fichier a ${Buffer.byteLength(name)} octets, ${MAX_FILE_NAME_BYTES} au plus sont acceptés.`,
      `The file’s name has ${Buffer.byteLength(name)} bytes, ${MAX_FILE_NAME_BYTES} are accepted at most.`,
    )
  if (/[/\\]/.test(name) || name === '.' || name === '..')
    throw unacceptable('Le nom du fichier est un chemin.', 'The file’s name is a path.')
  if (DECEPTIVE.test(name))
    throw unacceptable(
      'Le nom du fichier contient des caractères de contrôle ou de direction.',
      'The file’s name holds control or direction characters.',
    )
  return name
}

/** The bytes whose salted digest is signed in the LAT: everything the depositor said, and the files' names. @throws BoxError `bad-deposit` */
export function metadataBytes(
  metadata: DescriptiveMetadata,
  fileNames: readonly string[],
): Uint8Array {
  const texts = [metadata.title, metadata.folder ?? '', ...Object.entries(metadata.fields ?? {})]
  if (!texts.flat().every((text) => text.isWellFormed() && !text.includes('\0')))
    throw unacceptable(
      'Un texte des métadonnées n’est pas en Unicode valable.',
      'A text of the metadata is not valid Unicode.',
    )
  const value: JsonObject = {
    title: metadata.title,
    ...namesOf(fileNames),
    ...(metadata.folder === undefined ? {} : { folder: metadata.folder }),
    ...(metadata.fields === undefined ? {} : { fields: { ...metadata.fields } }),
  }
  return canonicalBytes(value)
}

function namesOf(fileNames: readonly string[]): JsonObject {
  const [fileName, ...more] = fileNames
  return fileName === undefined || more.length > 0 ? { fileNames } : { fileName }
}

export interface KeptMetadata extends DescriptiveMetadata {
  /** Of an object's only file. */
  readonly fileName?: string
  /** Of several, in their order. */
  readonly fileNames?: readonly string[]
}

/** What a file of an object is called; undefined where nobody kept it. */
export const nameOfFile = (
  { fileName, fileNames }: Pick<KeptMetadata, 'fileName' | 'fileNames'>,
  number: number,
): string | undefined => fileNames?.[number - 1] ?? fileName

/** Metadata as they were kept by `metadataBytes`. */
export function readMetadata(bytes: Uint8Array): KeptMetadata {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as KeptMetadata
}
