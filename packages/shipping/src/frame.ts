import { ShippingError } from './errors.ts'
import { MAX_FRAME_BYTES, MAX_MESSAGE_BYTES } from './limits.ts'

/** Frame types by name. From the agent: hello, attestation, log, head, segment, timestamp, bye. From the centre: the others. */
export const FRAME_TYPES = {
  hello: 1,
  welcome: 2,
  head: 3,
  'head-answer': 4,
  segment: 5,
  'segment-answer': 6,
  attestation: 7,
  error: 8,
  bye: 9,
  'attestation-answer': 10,
  timestamp: 11,
  'timestamp-answer': 12,
  log: 13,
  'log-answer': 14,
} as const

export type FrameName = keyof typeof FRAME_TYPES

export interface Frame {
  name: FrameName
  payload: Uint8Array
}

const names = new Map<number, FrameName>(
  Object.entries(FRAME_TYPES).map(([name, type]) => [type, name as FrameName]),
)

const LENGTH_BYTES = 4
const PREFIX_BYTES = LENGTH_BYTES + 1

/** Longest frame of one type, counted as the length field does. */
function limitOf(name: FrameName): number {
  if (name === 'segment') return MAX_FRAME_BYTES
  if (name === 'bye') return 1
  return 1 + MAX_MESSAGE_BYTES
}

/**
 * `u32 length ‖ u8 type ‖ payload`, big-endian; the length counts the type byte and the payload.
 * @throws ShippingError `frame-too-long`
 */
export function encodeFrame(name: FrameName, payload: Uint8Array): Uint8Array {
  const length = 1 + payload.length
  if (length > limitOf(name)) throw tooLong(name, length)
  const bytes = new Uint8Array(LENGTH_BYTES + length)
  new DataView(bytes.buffer).setUint32(0, length)
  bytes[LENGTH_BYTES] = FRAME_TYPES[name]
  bytes.set(payload, PREFIX_BYTES)
  return bytes
}

/**
 * Cuts a byte stream into frames. Memory never exceeds twice what arrived and wasn't taken: a length is believed only as far
 * as bytes arrive, and is refused as soon as its five bytes of prefix are there.
 */
export class FrameDecoder {
  // what arrived is copied into one buffer: a peer that sends byte by byte can't make it a million small objects
  #buffer = new Uint8Array(16 * 1024)
  #start = 0
  #end = 0

  /** Bytes held back because their frame is not complete yet. */
  get bufferedBytes(): number {
    return this.#end - this.#start
  }

  /** Takes what arrived; {@link next} gives the frames. */
  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length)
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /**
   * The next complete frame, or undefined when more bytes are needed.
   * @throws ShippingError `frame-too-long`, `unknown-frame`
   */
  next(): Frame | undefined {
    if (this.bufferedBytes < PREFIX_BYTES) return undefined
    const length = new DataView(this.#buffer.buffer, this.#start).getUint32(0)
    const type = this.#buffer[this.#start + LENGTH_BYTES] ?? 0
    const name = names.get(type)
    if (name === undefined)
      throw new ShippingError('unknown-frame', `frame of unknown type ${type}`)
    if (length < 1 || length > limitOf(name)) throw tooLong(name, length)
    if (this.bufferedBytes < LENGTH_BYTES + length) return undefined
    const end = this.#start + LENGTH_BYTES + length
    const payload = this.#buffer.slice(this.#start + PREFIX_BYTES, end)
    this.#start = end
    return { name, payload }
  }

  /** @throws ShippingError `cut-short` when the stream ended inside a frame */
  end(): void {
    if (this.bufferedBytes > 0)
      throw new ShippingError('cut-short', 'the connection ended in the middle of a frame')
  }

  #makeRoom(count: number): void {
    const kept = this.#buffer.subarray(this.#start, this.#end)
    const needed = kept.length + count
    const capacity = Math.max(16 * 1024, needed * 2)
    const roomy =
      capacity <= this.#buffer.length && capacity * 4 > this.#buffer.length
        ? this.#buffer
        : new Uint8Array(capacity)
    roomy.set(kept)
    this.#buffer = roomy
    this.#start = 0
    this.#end = kept.length
  }
}

function tooLong(name: FrameName, length: number): ShippingError {
  return new ShippingError(
    'frame-too-long',
    `a ${name} frame of ${length} bytes; at most ${limitOf(name)} and at least 1`,
  )
}
