import { hash } from 'node:crypto'
import { concat, equalBytes, lengthPrefixed, utf8 } from '@probant/evidence'
import { KeyError } from '../errors.ts'
import { fromBase32, toBase32 } from './base32.ts'

const FORMAT = 1
const HINT_BYTES = 8
const VALUE_BYTES = 33
const CHECKSUM_BYTES = 5
const RECORD_BYTES = 4 + HINT_BYTES + VALUE_BYTES
const CHARACTERS = ((RECORD_BYTES + CHECKSUM_BYTES) * 8) / 5
const MARK = 'PROBANT-SHARE-1'
const checksumTag = lengthPrefixed(utf8('probant/recovery-share/v1'))

/** One holder's part of the recovery key (docs/formats.md section 17). Fewer than `threshold` of them say nothing of the key. */
export interface Share {
  /** How many are needed. */
  readonly threshold: number
  /** How many were made. */
  readonly shares: number
  /** Which of them this is, from 1. */
  readonly number: number
  /** First 8 bytes of the recovery key's id. */
  readonly keyHint: Uint8Array
  /** 33 bytes: secret. */
  readonly value: Uint8Array
}

export function keyHintOf(id: Uint8Array): Uint8Array {
  return id.slice(0, HINT_BYTES)
}

/** The share's bytes but for its checksum; secret. */
export function shareRecord({ threshold, shares, number, keyHint, value }: Share): Uint8Array {
  return concat(Uint8Array.of(FORMAT, threshold, shares, number), keyHint, value)
}

/** What is printed, and read again by {@link parseShare}: a line with the format, then five of four groups of four characters. */
export function formatShare(share: Share): string {
  const record = shareRecord(share)
  const groups = toBase32(concat(record, checksumOf(record))).match(/.{4}/g) ?? []
  record.fill(0)
  const lines = [0, 4, 8, 12, 16].map((at) => groups.slice(at, at + 4).join(' '))
  return [MARK, ...lines].join('\n')
}

/**
 * Reads a share as a holder typed it, or from the sheet or file that holds it: case, spaces and dashes don't matter, and the
 * digits 0, 1 and 8, which are in no share, are read as O, I and B.
 * @throws KeyError `share-unreadable` (no share, or not all of it), `share-altered` (its checksum tells)
 */
export function parseShare(text: string): Share {
  const characters = charactersIn(text)
  if (characters.length !== CHARACTERS)
    throw new KeyError(
      'share-unreadable',
      `a share has ${CHARACTERS} characters; ${characters.length} were read`,
    )
  const bytes = fromBase32(characters)
  if (bytes === undefined)
    throw new KeyError('share-unreadable', 'a share consists of the letters A–Z and the digits 2–7')
  const record = bytes.subarray(0, RECORD_BYTES)
  if (!equalBytes(bytes.subarray(RECORD_BYTES), checksumOf(record)))
    throw new KeyError('share-altered', 'the share was mistyped or altered: its checksum differs')
  return shareOf(record)
}

function charactersIn(text: string): string {
  const upper = text.toUpperCase()
  const marked = upper.indexOf(MARK)
  const after = (marked < 0 ? upper : upper.slice(marked + MARK.length)).trimStart()
  const [block = ''] = after.split(/\r?\n[ \t]*\r?\n/)
  return block
    .replaceAll(/[\s-]/g, '')
    .replaceAll('0', 'O')
    .replaceAll('1', 'I')
    .replaceAll('8', 'B')
}

function shareOf(record: Uint8Array): Share {
  const [format = 0, threshold = 0, shares = 0, number = 0] = record
  const isPossible = threshold >= 2 && threshold <= shares && number >= 1 && number <= shares
  if (format !== FORMAT || !isPossible)
    throw new KeyError('share-unreadable', 'the share is of another version')
  const valueAt = 4 + HINT_BYTES
  const keyHint = record.slice(4, valueAt)
  return { threshold, shares, number, keyHint, value: record.slice(valueAt) }
}

function checksumOf(record: Uint8Array): Uint8Array {
  return hash('sha256', concat(checksumTag, record), 'buffer').subarray(0, CHECKSUM_BYTES)
}
