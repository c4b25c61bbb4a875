import { fromHex, fromUtf8, concat, equalBytes, lengthPrefixed, toHex, utf8 } from './bytes.ts'
import { EvidenceError } from './errors.ts'
import { canonicalBytes, parseCanonical } from './jcs.ts'
import { Members, requireFormat1 } from './members.ts'
import { maximumTraceBytes } from './trace.ts'

const magic = utf8('PBNTSEG1')

export const maximumSegmentTraces = 1000
/** Everything before the checkpoint. */
export const maximumSegmentBytes = 4 * 1024 * 1024
/** A checkpoint with a few hundred cosignature lines; more is no checkpoint of ours. */
export const maximumCheckpointBytes = 1024 * 1024
const maximumHeaderBytes = 16 * 1024

/** Traces start … start + count − 1 and the checkpoint that covers them: formats.md section 12. */
export interface Segment {
  readonly origin: string
  readonly start: number
  /** SHA-256 of trace start − 1; 32 zero bytes at 0. */
  readonly prev: Uint8Array
  /** Compact range of the tree at `start`, largest first. A claim of the sender. */
  readonly range: readonly Uint8Array[]
  readonly sha3Chain: Uint8Array
  readonly sha3Range: readonly Uint8Array[]
  readonly traces: readonly Uint8Array[]
  /** The signed note, as stored. */
  readonly checkpoint: string
}

/** The bytes of a segment. EvidenceError `malformed-segment` or `too-large` beyond the limits. */
export function encodeSegment(segment: Segment): Uint8Array {
  const header = canonicalBytes({
    format: 1,
    origin: segment.origin,
    start: segment.start,
    count: segment.traces.length,
    prev: toHex(segment.prev),
    range: segment.range.map(toHex),
    sha3Chain: toHex(segment.sha3Chain),
    sha3Range: segment.sha3Range.map(toHex),
  })
  const bytes = concat(
    magic,
    lengthPrefixed(header),
    ...segment.traces.map(lengthPrefixed),
    lengthPrefixed(utf8(segment.checkpoint)),
  )
  // What can't be read again must not be written: the limits are checked by reading.
  decodeSegment(bytes)
  return bytes
}

/**
 * Takes a segment apart. The traces and the checkpoint stay opaque bytes here: what they say is judged by
 * the journal's verifier, so that one bad trace is a finding at its seq and not an unreadable file.
 */
export function decodeSegment(bytes: Uint8Array): Segment {
  const reader = new Reader(bytes)
  if (!equalBytes(reader.take(magic.length, 'magic'), magic)) {
    throw new EvidenceError('malformed-segment', 'not a segment: PBNTSEG1 is missing')
  }
  const header = readHeader(reader.prefixed(maximumHeaderBytes, 'header'))
  const traces: Uint8Array[] = []
  for (let i = 0; i < header.count; i++) {
    // Longer than a trace may be is let through up to twice, so that it is found at its seq as oversized.
    traces.push(reader.prefixed(2 * maximumTraceBytes, `trace ${header.start + i}`))
    if (reader.at > maximumSegmentBytes) {
      throw new EvidenceError('too-large', 'a segment of more than 4 MiB', { where: 'traces' })
    }
  }
  const checkpoint = fromUtf8(reader.prefixed(maximumCheckpointBytes, 'checkpoint'))
  reader.end()
  return { ...header.state, traces, checkpoint }
}

function readHeader(bytes: Uint8Array): {
  start: number
  count: number
  state: Omit<Segment, 'traces' | 'checkpoint'>
} {
  const value = parseCanonical(bytes)
  requireFormat1(value, 'malformed-segment', 'header')
  const members = new Members(value, 'malformed-segment', 'header', [
    'format',
    'origin',
    'start',
    'count',
    'prev',
    'range',
    'sha3Chain',
    'sha3Range',
  ])
  const start = members.integer('start')
  const state = {
    origin: members.text('origin', /^[A-Za-z0-9./-]{1,200}$/),
    start,
    prev: fromHex(members.hex('prev', 32)),
    range: readRange(members, 'range', start),
    sha3Chain: fromHex(members.hex('sha3Chain', 32)),
    sha3Range: readRange(members, 'sha3Range', start),
  }
  if (start === 0 && (state.prev.some(isNotZero) || state.sha3Chain.some(isNotZero))) {
    throw new EvidenceError('malformed-segment', 'a chain before trace 0', { where: 'header' })
  }
  return { start, count: members.integer('count', 1, maximumSegmentTraces), state }
}

/** As many subtrees as the size has one bits. */
function readRange(members: Members, name: string, size: number): Uint8Array[] {
  const hashes = members.hexList(name, 32)
  const expected = BigInt(size).toString(2).replaceAll('0', '').length
  if (hashes.length !== expected) throw members.wrong(name, `a compact range of ${expected} hashes`)
  return hashes
}

function isNotZero(byte: number): boolean {
  return byte !== 0
}

/** Reads bytes in order; every length comes from an attacker and is checked before it is used. */
class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get at(): number {
    return this.#at
  }

  take(length: number, where: string): Uint8Array {
    if (this.#bytes.length - this.#at < length) {
      throw new EvidenceError('malformed-segment', 'the segment ends too early', { where })
    }
    const taken = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return taken
  }

  prefixed(limit: number, where: string): Uint8Array {
    this.take(4, where)
    const length = this.#view.getUint32(this.#at - 4)
    if (length > limit) {
      throw new EvidenceError('too-large', `${length} bytes where ${limit} are allowed`, { where })
    }
    return this.take(length, where)
  }

  end(): void {
    if (this.#at !== this.#bytes.length) {
      throw new EvidenceError('malformed-segment', 'bytes after the checkpoint', { where: 'end' })
    }
  }
}
