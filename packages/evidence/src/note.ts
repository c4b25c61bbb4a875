import { concat, fromBase64, fromUtf8, toBase64, utf8 } from './bytes.ts'
import { EvidenceError } from './errors.ts'
import { isKeyName, keyIdBytes } from './vkey.ts'

/** One signature line of a note. Says nothing yet about whether the signature is good. */
export interface NoteSignature {
  readonly name: string
  /** 4 bytes. */
  readonly keyId: Uint8Array
  /** What follows the key id: the signature, for cosignatures with its time stamp in front. */
  readonly blob: Uint8Array
  /** The line as it stands, without its newline. */
  readonly line: string
}

/** A C2SP signed note. */
export interface Note {
  /** What is signed, up to and including the newline before the empty line. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** The spec asks verifiers for a limit of at least 16 signatures. */
export const maximumNoteSignatures = 100
/** In bytes: room for that many ML-DSA-44 cosignature lines of 3.3 kB each, and a text. */
export const maximumNoteBytes = 512 * 1024

/**
 * Reads a note by C2SP signed-note, strictly: valid UTF-8, no control character but newline, the text up to the
 * last empty line, then only signature lines, each ended by a newline, within the limits above.
 *
 * @throws EvidenceError 'malformed-note', 'too-large'
 */
export function parseNote(input: Uint8Array | string): Note {
  const note = noteText(input)
  // eslint's no-control-regex doesn't mind ranges that start at a printable character, so say what is allowed
  if (/[^\n\u0020-\u{10ffff}]/u.test(note)) throw malformed('a control character')
  const split = note.lastIndexOf('\n\n')
  if (split === -1) throw malformed('no empty line before the signatures')
  if (!note.endsWith('\n')) throw malformed('no newline at the end')
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > maximumNoteSignatures) throw tooLarge(`${lines.length} signatures`)
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) }
}

/**
 * The note of a text and its signature lines (without newlines, as `signatureLine` gives them).
 *
 * @throws EvidenceError as parseNote: what can't be read back is not written
 */
export function formatNote(text: string, lines: readonly string[]): string {
  const note = `${text}\n${lines.map((line) => `${line}\n`).join('')}`
  const parsed = parseNote(note)
  if (parsed.text !== text || parsed.signatures.length !== lines.length) {
    throw malformed('the text does not end in a newline, or a line is not one line')
  }
  return note
}

/** `— <name> <base64(key id ‖ blob)>`, without a newline. */
export function signatureLine(name: string, keyId: Uint8Array, blob: Uint8Array): string {
  if (!isKeyName(name)) throw malformed(`the key name ${JSON.stringify(name)}`)
  if (keyId.length !== keyIdBytes || blob.length === 0) throw malformed('no signature to write')
  return `— ${name} ${toBase64(concat(keyId, blob))}`
}

function noteText(input: Uint8Array | string): string {
  // a text has at least as many bytes as UTF-16 units, so what is far too long is never encoded
  if (input.length > maximumNoteBytes) throw tooLarge(`${input.length} bytes`)
  try {
    const bytes = typeof input === 'string' ? utf8(input) : input
    if (bytes.length > maximumNoteBytes) throw tooLarge(`${bytes.length} bytes`)
    return fromUtf8(bytes)
  } catch (cause) {
    if (cause instanceof EvidenceError && cause.code === 'too-large') throw cause
    throw new EvidenceError('malformed-note', 'note: not UTF-8', { cause })
  }
}

function parseSignatureLine(line: string, index: number): NoteSignature {
  const where = `signature line ${index + 1}`
  const match = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line)
  if (match === null) throw malformed('not a signature line', where)
  const [, name = '', encoded = ''] = match
  if (!isKeyName(name)) throw malformed('a key name with a space or a plus', where)
  const bytes = signatureBytes(encoded, where)
  if (bytes.length <= keyIdBytes) throw malformed('a signature without bytes', where)
  return { name, keyId: bytes.slice(0, keyIdBytes), blob: bytes.slice(keyIdBytes), line }
}

function signatureBytes(encoded: string, where: string): Uint8Array {
  try {
    return fromBase64(encoded)
  } catch (cause) {
    throw new EvidenceError('malformed-note', 'note: a signature that is not base64', {
      where,
      cause,
    })
  }
}

function malformed(what: string, where?: string): EvidenceError {
  return new EvidenceError('malformed-note', `note: ${what}`, where === undefined ? {} : { where })
}

function tooLarge(what: string): EvidenceError {
  return new EvidenceError('too-large', `note: ${what} are more than the limit`)
}
