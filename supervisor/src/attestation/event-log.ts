import { createHash } from 'node:crypto'

/** Longest events and lists: a real log stays far below. */
const MOST_EVENTS = 20_000
const MOST_DIGESTS = 8
const EV_NO_ACTION = 3
const SHA256 = 0x000b
const SHA1_BYTES = 20
const SPECIFICATION = 'Spec ID Event03\0'
const LOCALITY = 'StartupLocality\0'

/** Registers that nobody but the firmware and the boot loader extend: what a log has to give for them. */
export function isOfFirmware(pcr: number): boolean {
  return pcr <= 9 || pcr === 14
}

/** The registers' values that a log gives, or why it gives none. */
export type Replay =
  | { status: 'replayed'; valueOf: (pcr: number) => Uint8Array }
  | { status: 'unreadable'; why: string }

/**
 * Computes registers of the SHA-256 bank from a firmware's event log (TCG PC Client Platform Firmware Profile, section 10: a
 * crypto-agile log). Never trusts a length in it.
 */
export function replay(log: Uint8Array): Replay {
  const values = new Map<number, Uint8Array>()
  const valueOf = (pcr: number) => values.get(pcr) ?? new Uint8Array(32)
  const reader = new LogReader(log)
  try {
    const digestBytes = readHeader(reader)
    for (let events = 0; !reader.isAtEnd; events++) {
      if (events === MOST_EVENTS) throw new Unreadable(`it has more than ${MOST_EVENTS} events`)
      const { pcr, type, digest, data } = readEvent(reader, digestBytes)
      if (type !== EV_NO_ACTION)
        values.set(pcr, createHash('sha256').update(valueOf(pcr)).update(digest).digest())
      else if (pcr === 0 && startsWith(data, LOCALITY)) {
        // a machine that was started from another locality begins with its number in the last byte
        const initial = new Uint8Array(32)
        initial[31] = data[LOCALITY.length] ?? 0
        values.set(0, initial)
      }
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { status: 'unreadable', why: error.message }
  }
  return { status: 'replayed', valueOf }
}

class Unreadable extends Error {}

/** The first event, in the old form, states the digests of all that follow. @returns their lengths by algorithm */
function readHeader(reader: LogReader): Map<number, number> {
  reader.u32()
  const type = reader.u32()
  reader.take(SHA1_BYTES)
  const header = new LogReader(reader.take(reader.u32()))
  if (type !== EV_NO_ACTION || !startsWith(header.take(SPECIFICATION.length), SPECIFICATION))
    throw new Unreadable('it is not a log with several digests')
  header.take(8)
  const count = header.u32()
  if (count > MOST_DIGESTS) throw new Unreadable(`it states ${count} kinds of digests`)
  const digestBytes = new Map<number, number>()
  for (let at = 0; at < count; at++) digestBytes.set(header.u16(), header.u16())
  if (digestBytes.get(SHA256) !== 32) throw new Unreadable('it has no SHA-256 digests')
  return digestBytes
}

function readEvent(reader: LogReader, digestBytes: ReadonlyMap<number, number>) {
  const pcr = reader.u32()
  const type = reader.u32()
  const count = reader.u32()
  if (count > MOST_DIGESTS) throw new Unreadable(`an event has ${count} digests`)
  let digest: Uint8Array | undefined
  for (let at = 0; at < count; at++) {
    const algorithm = reader.u16()
    const length = digestBytes.get(algorithm)
    if (length === undefined) throw new Unreadable('an event has a digest of an unstated kind')
    const bytes = reader.take(length)
    if (algorithm === SHA256) digest = bytes
  }
  if (digest === undefined) throw new Unreadable('an event has no SHA-256 digest')
  return { pcr, type, digest, data: reader.take(reader.u32()) }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.subarray(0, text.length)).toString('latin1') === text
}

/** Little-endian, as firmware writes. */
class LogReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2))
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4))
  }

  take(length: number): Uint8Array {
    const from = this.#advance(length)
    return this.#bytes.subarray(from, from + length)
  }

  #advance(length: number): number {
    const from = this.#at
    if (from + length > this.#bytes.length) throw new Unreadable('it ends within an event')
    this.#at = from + length
    return from
  }
}
