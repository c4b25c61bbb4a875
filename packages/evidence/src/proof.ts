import { fromBase64, toBase64 } from './bytes.ts'
import { parseCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { EvidenceError } from './errors.ts'
import { isTreeHash } from './merkle.ts'
import { parseNote } from './note.ts'
import type { Note } from './note.ts'

/** What a tlog-proof says. */
export interface TlogProof {
  /** Zero-based index of the leaf. */
  readonly index: number
  /** Inclusion path, the leaf's sibling first; 32 bytes each. */
  readonly path: readonly Uint8Array[]
  /** The checkpoint's note, verbatim. */
  readonly checkpointNote: string
}

/** A tlog-proof with its checkpoint read. Nothing is verified yet. */
export interface ParsedTlogProof extends TlogProof {
  readonly note: Note
  readonly checkpoint: Checkpoint
}

const firstLine = 'c2sp.org/tlog-proof@v1'
/** A tree of 2^64 leaves has no longer path. */
const maximumPathLength = 64

/** The text of a C2SP tlog-proof without an `extra` line (formats.md section 10). */
export function formatTlogProof({ index, path, checkpointNote }: TlogProof): string {
  if (!Number.isSafeInteger(index) || index < 0) throw malformed(`the index ${index}`)
  if (!path.every(isTreeHash)) throw malformed('a hash that does not have 32 bytes')
  const { size } = parseCheckpoint(parseNote(checkpointNote).text)
  if (index >= size) throw malformed('the index lies beyond the checkpoint')
  const hashes = path.map((hash) => `${toBase64(hash)}\n`).join('')
  return `${firstLine}\nindex ${index}\n${hashes}\n${checkpointNote}`
}

/**
 * Reads a tlog-proof strictly. It has no `extra` line; the index lies within the checkpoint's tree.
 *
 * @throws EvidenceError 'malformed-proof', or as parseNote and parseCheckpoint
 */
export function parseTlogProof(text: string): ParsedTlogProof {
  const split = text.indexOf('\n\n')
  if (split === -1) throw malformed('no empty line before the checkpoint')
  const [first, indexLine = '', ...hashLines] = text.slice(0, split).split('\n')
  if (first !== firstLine) throw malformed(`the first line is not ${firstLine}`, 'line 1')
  const digits = /^index (0|[1-9][0-9]*)$/.exec(indexLine)?.[1]
  const index = Number(digits)
  if (!Number.isSafeInteger(index)) throw malformed('no index below 2^53', 'line 2')
  if (hashLines.length > maximumPathLength) throw malformed('a path longer than any tree has')
  const path = hashLines.map((line, i) => parseHash(line, `line ${i + 3}`))
  const checkpointNote = text.slice(split + 2)
  const note = parseNote(checkpointNote)
  const checkpoint = parseCheckpoint(note.text)
  if (index >= checkpoint.size) throw malformed('the index lies beyond the checkpoint', 'line 2')
  return { index, path, checkpointNote, note, checkpoint }
}

function parseHash(line: string, where: string): Uint8Array {
  // 43 digits and one '=' are 32 bytes
  if (!/^[A-Za-z0-9+/]{43}=$/.test(line)) throw malformed('not a hash of 32 bytes', where)
  try {
    return fromBase64(line)
  } catch (cause) {
    throw new EvidenceError('malformed-proof', 'tlog-proof: not base64', { where, cause })
  }
}

function malformed(what: string, where?: string): EvidenceError {
  return new EvidenceError(
    'malformed-proof',
    `tlog-proof: ${what}`,
    where === undefined ? {} : { where },
  )
}
