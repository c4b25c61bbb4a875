import fc from 'fast-check'
import t from 'tap'
import {
  concat,
  equalBytes,
  EvidenceError,
  fromBase64,
  fromHex,
  fromUtf8,
  lengthPrefixed,
  toBase64,
  toHex,
  u32be,
  u64be,
  utf8,
} from '../src/index.ts'
import { checkProperty } from './property.ts'

const malformed = { name: 'EvidenceError', code: 'malformed-encoding' }

void t.test('hex', async (t) => {
  t.equal(toHex(new Uint8Array([0, 1, 0x9a, 0xff])), '00019aff')
  t.same([...fromHex('00019aff')], [0, 1, 0x9a, 0xff])
  t.equal(fromHex('').length, 0)
  for (const bad of ['0', 'AB', '0g', ' 00', '0x00', '00\n', 'é0']) {
    t.throws(() => fromHex(bad), malformed, JSON.stringify(bad))
  }
  await checkProperty(
    t,
    fc.property(fc.uint8Array(), (bytes) => {
      const text = toHex(bytes)
      return text === Buffer.from(bytes).toString('hex') && equalBytes(fromHex(text), bytes)
    }),
  )
})

void t.test('base64', async (t) => {
  // RFC 4648 section 10
  for (const [text, encoded] of [
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ] as const) {
    t.equal(toBase64(utf8(text)), encoded)
    t.equal(fromUtf8(fromBase64(encoded)), text)
  }
  const bad = [
    'Zg',
    'Zg=',
    'Zg===',
    'Zh==',
    'Zm9=',
    '=',
    '====',
    'Zm 9',
    'Zm9v\n',
    'Zm-_',
    'Zg==Zg==',
  ]
  for (const text of bad) t.throws(() => fromBase64(text), malformed, JSON.stringify(text))
  await checkProperty(
    t,
    fc.property(fc.uint8Array(), (bytes) => {
      const text = toBase64(bytes)
      return text === Buffer.from(bytes).toString('base64') && equalBytes(fromBase64(text), bytes)
    }),
  )
  t.comment('exactly one text for given bytes')
  await checkProperty(
    t,
    fc.property(fc.stringMatching(/^[A-Za-z0-9+/=]{4,8}$/), (text) => {
      try {
        return toBase64(fromBase64(text)) === text
      } catch (error) {
        return error instanceof EvidenceError
      }
    }),
    1000,
  )
})

void t.test('UTF-8', async (t) => {
  t.same([...utf8('é€😀')], [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80])
  t.equal(fromUtf8(utf8('\ufeffa')), '\ufeffa', 'a byte order mark is kept')
  t.throws(() => utf8('a\ud800'), malformed, 'lone surrogate')
  for (const bad of ['80', 'c0af', 'eda080', 'f4908080', 'c3']) {
    t.throws(() => fromUtf8(fromHex(bad)), malformed, bad)
  }
  await checkProperty(
    t,
    fc.property(fc.string({ unit: 'binary' }), (text) => fromUtf8(utf8(text)) === text),
  )
})

void t.test('joining and comparing', (t) => {
  t.same([...concat()], [])
  t.same([...concat(new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2, 3]))], [1, 2, 3])
  t.ok(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2])))
  t.notOk(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3])))
  t.notOk(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2, 3])))
  t.equal(toHex(lengthPrefixed(utf8('abc'))), '00000003616263')
  t.end()
})

void t.test('integers', (t) => {
  t.equal(toHex(u32be(0)), '00000000')
  t.equal(toHex(u32be(0xfffffffe)), 'fffffffe')
  for (const bad of [-1, 2 ** 32, 0.5, Number.NaN]) t.throws(() => u32be(bad), malformed, `${bad}`)
  t.equal(toHex(u64be(1)), '0000000000000001')
  t.equal(toHex(u64be(2n ** 64n - 2n)), 'fffffffffffffffe')
  t.equal(toHex(u64be(Number.MAX_SAFE_INTEGER)), '001fffffffffffff')
  for (const bad of [-1, 2 ** 53, 0.5, -1n, 2n ** 64n]) t.throws(() => u64be(bad), malformed)
  t.end()
})

void t.test('errors say where and why', (t) => {
  const cause = new Error('inner')
  const error = new EvidenceError('malformed-json', 'outer', { where: 'line 1', cause })
  t.match(error, { message: 'outer', code: 'malformed-json', where: 'line 1', cause })
  const bare = new EvidenceError('malformed-json', 'outer')
  t.equal(bare.where, undefined)
  t.notOk(Object.hasOwn(bare, 'cause'))
  t.end()
})
