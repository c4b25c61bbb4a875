import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { ShippingError } from './errors.ts'
import { MAX_FRAME_BYTES, MAX_SEGMENT_BYTES } from './limits.ts'

export type SegmentPurpose = 'shipment' | 'challenge'

const PURPOSES: readonly SegmentPurpose[] = ['shipment', 'challenge']

/** Output is taken in pieces of this size, each a turn of the thread pool: zlib's own 16 KiB make dozens of a segment. */
const PIECE_BYTES = 512 * 1024

const compress = promisify(gzip)
const inflate = promisify(gunzip)

/** Payload of a segment frame: `u8 purpose` (0 shipment, 1 answer to a challenge) and the segment's bytes through gzip. */
export async function encodeSegmentPayload(
  purpose: SegmentPurpose,
  segment: Uint8Array,
): Promise<Uint8Array> {
  if (segment.length > MAX_SEGMENT_BYTES)
    throw new ShippingError('segment-too-long', `a segment of ${segment.length} bytes`)
  const compressed = await compress(segment, { chunkSize: PIECE_BYTES })
  const payload = new Uint8Array(1 + compressed.length)
  payload[0] = PURPOSES.indexOf(purpose)
  payload.set(compressed, 1)
  if (payload.length >= MAX_FRAME_BYTES)
    throw new ShippingError('segment-too-long', `${payload.length} bytes after compression`)
  return payload
}

/**
 * Undoes {@link encodeSegmentPayload}. Inflating stops at the limit, so that a bomb costs no more than an honest segment.
 * @throws ShippingError `segment-too-long`, `malformed-segment`
 */
export async function decodeSegmentPayload(
  payload: Uint8Array,
): Promise<{ purpose: SegmentPurpose; segment: Uint8Array }> {
  const purpose = PURPOSES[payload[0] ?? PURPOSES.length]
  if (purpose === undefined)
    throw new ShippingError('malformed-segment', 'a segment frame without a known purpose')
  try {
    const { buffer, byteOffset, length } = await inflate(payload.subarray(1), {
      maxOutputLength: MAX_SEGMENT_BYTES,
      chunkSize: PIECE_BYTES,
    })
    return { purpose, segment: new Uint8Array(buffer, byteOffset, length) }
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new ShippingError('segment-too-long', `more than ${MAX_SEGMENT_BYTES} bytes`, { cause })
    throw new ShippingError('malformed-segment', 'the segment is not gzip', { cause })
  }
}
