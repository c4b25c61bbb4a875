import { toHex } from './bytes.ts'
import type { Commitment } from './commitment.ts'
import type { Hashing } from './crypto.ts'
import { canonicalBytes, parseCanonical, type JsonValue } from './jcs.ts'
import { Members, requireFormat1 } from './members.ts'

/** SHA-256 and SHA3-256 of the same bytes, in hex. */
export type Digests = Commitment

export type StatementFile = {
  readonly digests: Digests
  readonly size: number
  readonly mediaType: string
}

export type Retention = {
  readonly class: string
  /** Null for "for ever". */
  readonly days: number | null
  /** Before which the object isn't destroyed; null where no such time is known: for ever, or counted from an event that had not come. */
  readonly earliestEnd: string | null
}

/** What a LAT signs about one object: formats.md section 9. */
export type Statement = {
  readonly format: 1
  readonly box: string
  readonly vault: string
  readonly object: string
  /** Hex of 32 random bytes, so that a leaf tells nothing about its object. */
  readonly nonce: string
  readonly receivedAt: string
  readonly digests: Digests
  readonly size: number
  readonly mediaType: string
  readonly files: readonly StatementFile[]
  readonly depositor: Commitment
  readonly metadata: Commitment
  readonly retention: Retention | null
}

const names = [
  'format',
  'box',
  'vault',
  'object',
  'nonce',
  'receivedAt',
  'digests',
  'size',
  'mediaType',
  'files',
  'depositor',
  'metadata',
  'retention',
]
/** A box's identifier. */
export const boxPattern = /^[\x21-\x7e]{1,200}$/
const mediaTypePattern = /^(?=[\x20-\x7e]{3,255}$)[^/\s]+\/[^/\s].*$/

/** The bytes of a statement: the leaf of its batch's tree. EvidenceError `malformed-lat`. */
export function formatStatement(statement: Statement): Uint8Array {
  readStatement(statement)
  return canonicalBytes(statement)
}

/** A statement from its bytes. EvidenceError `malformed-lat` or `unknown-format`. */
export function parseStatement(bytes: Uint8Array): Statement {
  return readStatement(parseCanonical(bytes))
}

function readStatement(value: JsonValue): Statement {
  requireFormat1(value, 'malformed-lat', 'statement')
  const members = new Members(value, 'malformed-lat', 'statement', names)
  const files = members.each('files', ['digests', 'size', 'mediaType']).map(readFile)
  if (files.length === 0) throw members.wrong('files', 'a list of at least one file')
  return {
    format: 1,
    box: members.text('box', boxPattern),
    vault: members.uuid('vault'),
    object: members.uuid('object'),
    nonce: members.hex('nonce', 32),
    receivedAt: members.time('receivedAt'),
    ...readFile(members),
    files,
    depositor: members.pair('depositor'),
    metadata: members.pair('metadata'),
    retention: members.orNull('retention', (name) => {
      const retention = members.inner(name, ['class', 'days', 'earliestEnd'])
      return {
        class: retention.text('class'),
        days: retention.orNull('days', (days) => retention.integer(days)),
        earliestEnd: retention.orNull('earliestEnd', (end) => retention.time(end)),
      }
    }),
  }
}

function readFile(members: Members): StatementFile {
  return {
    digests: members.pair('digests'),
    size: members.integer('size'),
    mediaType: members.text('mediaType', mediaTypePattern),
  }
}

/**
 * Digests and size of the object made of these files: the file's own when there is one, else the digests of the JCS of
 * the list and the sum of the sizes.
 */
export function objectDigests(
  hashing: Hashing,
  files: readonly StatementFile[],
): { readonly digests: Digests; readonly size: number } {
  const [only, ...more] = files
  if (only !== undefined && more.length === 0) return { digests: only.digests, size: only.size }
  const bytes = canonicalBytes(files)
  return {
    digests: {
      sha256: toHex(hashing.hash('sha256', bytes)),
      'sha3-256': toHex(hashing.hash('sha3-256', bytes)),
    },
    size: files.reduce((sum, { size }) => sum + size, 0),
  }
}
