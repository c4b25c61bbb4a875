import fc from 'fast-check'
import t from 'tap'
import { gzipSync } from 'node:zlib'
import {
  decodeMessage,
  decodeSegmentPayload,
  encodeMessage,
  encodeSegmentPayload,
  MAX_SEGMENT_BYTES,
  type Hello,
  type SegmentAnswer,
} from '../src/index.ts'

const text = new TextEncoder()

const hello: Hello = {
  protocol: 1,
  origin: 'box-1/1',
  boxTime: '2026-11-22T01:02:03.004Z',
  databaseSize: 12,
}

void t.test('messages round-trip', (t) => {
  t.same(decodeMessage('hello', encodeMessage('hello', hello)), hello)
  const answer: SegmentAnswer = {
    status: 422,
    size: 7,
    findings: [{ kind: 'gap', seq: null, expected: 'a', found: 'é' }],
  }
  t.same(decodeMessage('segment-answer', encodeMessage('segment-answer', answer)), answer)
  const welcome = {
    protocol: 1,
    centreTime: hello.boxTime,
    witnessed: { size: 3, note: 'n' },
    audited: null,
    challenge: { nonce: '0'.repeat(64), segments: [{ start: 0, end: 4 }] },
  }
  t.same(decodeMessage('welcome', encodeMessage('welcome', welcome)), welcome)
  const log = { size: 7, heads: [{ size: 3, time: 1_772_366_520 }] }
  t.same(decodeMessage('log', encodeMessage('log', log)), log)
  const path = [Buffer.alloc(32).toString('base64')]
  const logAnswer = { note: 'n', proof: path, inclusions: [null, { index: 0, path }] }
  t.same(decodeMessage('log-answer', encodeMessage('log-answer', logAnswer)), logAnswer)
  t.throws(() =>
    encodeMessage('log', {
      size: 7,
      heads: Array.from({ length: 65 }, () => ({ size: 1, time: 1 })),
    }),
  )
  t.end()
})

void t.test('anything but exactly the message is refused', (t) => {
  const refused: [string, string][] = Object.entries({
    'not JSON': 'hello',
    'not canonical': JSON.stringify(hello, null, 1),
    'a missing member': '{"boxTime":"2026-11-22T01:02:03.004Z","origin":"o","protocol":1}',
    'an unknown member':
      '{"boxTime":"2026-11-22T01:02:03.004Z","databaseSize":1,"extra":1,"origin":"o","protocol":1}',
    'a duplicate member':
      '{"boxTime":"2026-11-22T01:02:03.004Z","databaseSize":1,"origin":"a","origin":"o","protocol":1}',
    'another protocol':
      '{"boxTime":"2026-11-22T01:02:03.004Z","databaseSize":1,"origin":"o","protocol":2}',
    'an origin with a space':
      '{"boxTime":"2026-11-22T01:02:03.004Z","databaseSize":1,"origin":"a b","protocol":1}',
    'a negative size':
      '{"boxTime":"2026-11-22T01:02:03.004Z","databaseSize":-1,"origin":"o","protocol":1}',
    'a list': '[]',
    null: 'null',
    'deep nesting': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  })
  refused.push([
    'a prototype',
    '{"__proto__":1,"boxTime":"2026-11-22T01:02:03.004Z","databaseSize":1,"origin":"o","protocol":1}',
  ])
  for (const [what, json] of refused)
    t.throws(() => decodeMessage('hello', text.encode(json)), { code: 'malformed-message' }, what)
  t.throws(() => encodeMessage('hello', { ...hello, databaseSize: 1.5 }), {
    code: 'malformed-message',
  })
  t.end()
})

void t.test('any bytes either decode or are refused by name', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeMessage('head', bytes)
      } catch (error) {
        return error instanceof Error && error.name === 'ShippingError'
      }
      return true
    }),
    { numRuns: 500 },
  )
  t.end()
})

void t.test('segments through gzip', async (t) => {
  const segment = new Uint8Array(100_000).fill(3)
  const payload = await encodeSegmentPayload('challenge', segment)
  t.same(await decodeSegmentPayload(payload), { purpose: 'challenge', segment })
  const bomb = Buffer.concat([Buffer.of(0), gzipSync(Buffer.alloc(MAX_SEGMENT_BYTES + 1))])
  await t.rejects(decodeSegmentPayload(bomb), { code: 'segment-too-long' })
  const twice = gzipSync(Buffer.alloc(MAX_SEGMENT_BYTES - 10))
  await t.rejects(
    decodeSegmentPayload(Buffer.concat([Buffer.of(0), twice, twice])),
    { code: 'segment-too-long' },
    'members of one gzip file count together',
  )
  for (const [what, bytes] of Object.entries({
    'no purpose': Buffer.alloc(0),
    'an unknown purpose': Buffer.concat([Buffer.of(2), gzipSync('x')]),
    'not gzip': Buffer.from('\0abcdef'),
    'cut gzip': Buffer.concat([Buffer.of(0), gzipSync('abcdef').subarray(0, 12)]),
  }))
    await t.rejects(decodeSegmentPayload(bytes), { code: 'malformed-segment' }, what)
})
