import { createHash } from 'node:crypto'
import { equalBytes, lengthPrefixed, utf8 } from '@probant/evidence'
import { KeyError } from '../errors.ts'
import { secretBytes } from '../secret-bytes.ts'
import { fromBase32, toBase32 } from './base32.ts'

const FORMAT = 1
const HINT_BYTES = 8
const VALUE_BYTES = 33
const CHECKSUM_BYTES = 5
const HINT_AT = 4
const VALUE_AT = HINT_AT + HINT_BYTES
const RECORD_BYTES = VALUE_AT + VALUE_BYTES
const CHARACTERS = ((RECORD_BYTES + CHECKSUM_BYTES) * 8) / 5
/** Characters of a group, and of a line of four groups. */
const GROUP = 4
const LINE = 16
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

/** The share's bytes but for its checksum; secret, the caller overwrites them. */
export function shareRecord({ threshold, shares, number, keyHint, value }: Share): Uint8Array {
  const record = secretBytes(RECORD_BYTES)
  record.set([FORMAT, threshold, shares, number])
  record.set(keyHint, HINT_AT)
  record.set(value, VALUE_AT)
  return record
}

/**
 * What is printed, and read again by {@link parseShare}: a line with the format, then five of four groups of four characters.
 * @returns ASCII; secret, the caller overwrites it
 */
export function formatShare(share: Share): Buffer {
  const record = shareRecord(share)
  const bytes = secretBytes(RECORD_BYTES + CHECKSUM_BYTES)
  bytes.set(record)
  bytes.set(checksumOf(record), RECORD_BYTES)
  const characters = toBase32(bytes)
  const text = secretBytes(MARK.length + (CHARACTERS / GROUP) * (GROUP + 1))
  text.write(MARK, 'ascii')
  for (let at = 0, to = MARK.length; at < CHARACTERS; at += GROUP, to += GROUP + 1) {
    text.write(at % LINE === 0 ? '\n' : ' ', to, 'ascii')
    characters.copy(text, to + 1, at, at + GROUP)
  }
  for (const secret of [record, bytes, characters]) secret.fill(0)
  return text
}

/**
 * Reads a share as a holder typed it, or from the sheet or file that holds it: case, spaces and dashes don't matter, and the
 * digits 0, 1 and 8, which are in no share, are read as O, I and B.
 * @param text UTF-8 bytes, of which no copy is left; a string can't be overwritten
 * @throws KeyError `share-unreadable` (no share, or not all of it), `share-altered` (its checksum tells)
 */
export function parseShare(text: Uint8Array | string): Share {
  const given = typeof text === 'string' ? Buffer.from(text) : text
  const characters = charactersIn(given)
  const bytes = characters.length === CHARACTERS ? fromBase32(characters) : undefined
  try {
    if (characters.length !== CHARACTERS)
      throw new KeyError(
        'share-unreadable',
        `a share has ${CHARACTERS} characters; ${characters.length} were read`,
      )
    if (bytes === undefined)
      throw new KeyError(
        'share-unreadable',
        'a share consists of the letters A–Z and the digits 2–7',
      )
    const record = bytes.subarray(0, RECORD_BYTES)
    if (!equalBytes(bytes.subarray(RECORD_BYTES), checksumOf(record)))
      throw new KeyError('share-altered', 'the share was mistyped or altered: its checksum differs')
    return shareOf(record)
  } finally {
    characters.fill(0)
    bytes?.fill(0)
    if (given !== text) given.fill(0)
  }
}

/** What follows the mark, or the beginning, up to an empty line; spaces, dashes and whatever isn't ASCII are left out. */
function charactersIn(text: Uint8Array): Buffer {
  const upper = secretBytes(text.length)
  text.forEach((byte, at) => (upper[at] = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte))
  const marked = upper.indexOf(MARK, 0, 'ascii')
  const characters = secretBytes(text.length)
  let count = 0
  let isLineEmpty = false
  for (const byte of upper.subarray(marked < 0 ? 0 : marked + MARK.length)) {
    if (byte === LINE_FEED && isLineEmpty && count > 0) break
    isLineEmpty = byte === LINE_FEED || (isLineEmpty && isSpace(byte))
    if (!isSpace(byte) && byte !== DASH && byte < 0x80)
      characters[count++] = alike.get(byte) ?? byte
  }
  upper.fill(0)
  return characters.subarray(0, count)
}

const LINE_FEED = 0x0a
const DASH = 0x2d
const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
/** 0, 1 and 8, for the letters that they look like. */
const alike = new Map([
  [0x30, 0x4f],
  [0x31, 0x49],
  [0x38, 0x42],
])

function shareOf(record: Uint8Array): Share {
  const [format = 0, threshold = 0, shares = 0, number = 0] = record
  const isPossible = threshold >= 2 && threshold <= shares && number >= 1 && number <= shares
  if (format !== FORMAT || !isPossible)
    throw new KeyError('share-unreadable', 'the share is of another version')
  const value = new Uint8Array(new ArrayBuffer(VALUE_BYTES))
  value.set(record.subarray(VALUE_AT))
  const keyHint = new Uint8Array(record.subarray(HINT_AT, VALUE_AT))
  return { threshold, shares, number, keyHint, value }
}

function checksumOf(record: Uint8Array): Uint8Array {
  const digest = createHash('sha256').update(checksumTag).update(record).digest()
  return digest.subarray(0, CHECKSUM_BYTES)
}
