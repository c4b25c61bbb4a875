import { ShippingError } from './errors.ts'
import { MAX_FRAME_BYTES, MAX_MESSAGE_BYTES } from './limits.ts'

/** Frame types by name. From the agent: hello, head, segment, bye. From the centre: the others. */
export const FRAME_TYPES = {
  hello: 1,
  welcome: 2,
  head: 3,
  'head-answer': 4,
  segment: 5,
  'segment-answer': 6,
  error: 8,
  bye: 9,
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
 * Cuts a byte stream into frames. Memory never exceeds one frame and what was pushed: a length is believed only as far as
 * bytes arrive, and is refused as soon as its five bytes of prefix are there.
 */
export class FrameDecoder {
  #chunks: Uint8Array[] = []
  #buffered = 0

  /** Bytes held back because their frame is not complete yet. */
  get bufferedBytes(): number {
    return this.#buffered
  }

  /** Takes what arrived; {@link next} gives the frames. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
  }

  /**
   * The next complete frame, or undefined when more bytes are needed.
   * @throws ShippingError `frame-too-long`, `unknown-frame`
   */
  next(): Frame | undefined {
    if (this.#buffered < PREFIX_BYTES) return undefined
    const prefix = this.#front(PREFIX_BYTES)
    const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0)
    const type = prefix[LENGTH_BYTES] ?? 0
    const name = names.get(type)
    if (name === undefined)
      throw new ShippingError('unknown-frame', `frame of unknown type ${type}`)
    if (length < 1 || length > limitOf(name)) throw tooLong(name, length)
    if (this.#buffered < LENGTH_BYTES + length) return undefined
    const bytes = this.#front(LENGTH_BYTES + length)
    const payload = bytes.slice(PREFIX_BYTES, LENGTH_BYTES + length)
    this.#drop(LENGTH_BYTES + length)
    return { name, payload }
  }

  /** @throws ShippingError `cut-short` when the stream ended inside a frame */
  end(): void {
    if (this.#buffered > 0)
      throw new ShippingError('cut-short', 'the connection ended in the middle of a frame')
  }

  /** First chunk, joined with its successors only as far as `count` bytes need it. */
  #front(count: number): Uint8Array {
    const first = this.#chunks[0] ?? new Uint8Array()
    if (first.length >= count) return first
    const joined: Uint8Array[] = []
    let total = 0
    while (total < count) {
      const chunk = this.#chunks.shift()
      if (chunk === undefined) break
      joined.push(chunk)
      total += chunk.length
    }
    const bytes = new Uint8Array(total)
    let offset = 0
    for (const chunk of joined) {
      bytes.set(chunk, offset)
      offset += chunk.length
    }
    this.#chunks.unshift(bytes)
    return bytes
  }

  #drop(count: number): void {
    const first = this.#front(count)
    this.#chunks.shift()
    if (first.length > count) this.#chunks.unshift(first.subarray(count))
    this.#buffered -= count
  }
}

function tooLong(name: FrameName, length: number): ShippingError {
  return new ShippingError(
    'frame-too-long',
    `a ${name} frame of ${length} bytes; at most ${limitOf(name)} and at least 1`,
  )
}
