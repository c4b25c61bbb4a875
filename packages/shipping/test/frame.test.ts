import fc from 'fast-check'
import t from 'tap'
import {
  encodeFrame,
  FRAME_TYPES,
  FrameDecoder,
  MAX_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  type Frame,
  type FrameName,
} from '../src/index.ts'

function decodeAll(bytes: Uint8Array, cuts: number[]): Frame[] {
  const decoder = new FrameDecoder()
  const frames: Frame[] = []
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])]
  edges.sort((a, b) => a - b)
  for (const [index, edge] of edges.entries()) {
    decoder.push(bytes.subarray(edge, edges[index + 1] ?? bytes.length))
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame)
  }
  decoder.end()
  return frames
}

void t.test('frames survive any cutting of the stream', (t) => {
  const names = Object.keys(FRAME_TYPES).filter((name) => name !== 'bye')
  const frame = fc.record({
    name: fc.constantFrom(...names).map((name) => name as FrameName),
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat()), (frames, cuts) => {
      const parts = frames.map(({ name, payload }) => encodeFrame(name, payload))
      const decoded = decodeAll(new Uint8Array(Buffer.concat(parts)), cuts)
      t.same(decoded, frames)
    }),
    { numRuns: 200 },
  )
  t.end()
})

void t.test('lengths beyond the limit of their type are refused from the prefix alone', (t) => {
  const prefix = (length: number, type: number) => {
    const bytes = new Uint8Array(5)
    new DataView(bytes.buffer).setUint32(0, length)
    bytes[4] = type
    return bytes
  }
  const refused: [number, number, string][] = [
    [0, 1, 'frame-too-long'],
    [MAX_MESSAGE_BYTES + 2, 1, 'frame-too-long'],
    [MAX_FRAME_BYTES + 1, 5, 'frame-too-long'],
    [0xffffffff, 5, 'frame-too-long'],
    [2, 9, 'frame-too-long'],
    [MAX_MESSAGE_BYTES + 2, 7, 'frame-too-long'],
    [MAX_MESSAGE_BYTES + 2, 12, 'frame-too-long'],
    [10, 15, 'unknown-frame'],
    [10, 0, 'unknown-frame'],
  ]
  for (const [length, type, code] of refused) {
    const decoder = new FrameDecoder()
    decoder.push(prefix(length, type))
    t.throws(() => decoder.next(), { code }, `${length} of type ${type}`)
  }
  const accepted = new FrameDecoder()
  accepted.push(prefix(MAX_FRAME_BYTES, 5))
  t.equal(accepted.next(), undefined, 'the longest segment is waited for')
  t.throws(() => encodeFrame('hello', new Uint8Array(MAX_MESSAGE_BYTES + 1)), {
    code: 'frame-too-long',
  })
  t.end()
})

void t.test('a stream that ends inside a frame was cut', (t) => {
  const decoder = new FrameDecoder()
  decoder.push(encodeFrame('hello', new Uint8Array(10)).subarray(0, 9))
  t.equal(decoder.next(), undefined)
  t.throws(() => decoder.end(), { code: 'cut-short' })
  t.end()
})

void t.test('a megabyte byte by byte costs linear time and one frame of memory', (t) => {
  const decoder = new FrameDecoder()
  const bytes = encodeFrame('segment', new Uint8Array(200_000).fill(7))
  let frame: Frame | undefined
  for (const byte of bytes) {
    decoder.push(Uint8Array.of(byte))
    frame ??= decoder.next()
  }
  t.equal(frame?.payload.length, 200_000)
  t.equal(decoder.bufferedBytes, 0)
  t.end()
})
