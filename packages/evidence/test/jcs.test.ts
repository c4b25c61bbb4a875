import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import {
  canonicalBytes,
  canonicalText,
  EvidenceError,
  equalBytes,
  fromUtf8,
  isJsonArray,
  isJsonObject,
  parseCanonical,
  utf8,
} from '../src/index.ts'
import type { JsonValue } from '../src/index.ts'
import { checkProperty } from './property.ts'

const notCanonical = { name: 'EvidenceError', code: 'not-canonical' }
const parseJson: (text: string) => JsonValue = JSON.parse

/** Any value that formats.md section 1 allows. */
const { value: allowedValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string({ unit: 'binary' }), fc.nat().map(String), fc.constant('__proto__')),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
}))

void t.test('canonical form of a value', (t) => {
  t.equal(
    fromUtf8(canonicalBytes({ b: [1, 'x', null, true, {}], a: '\u20ac\u000f\n', '10': 1, '9': 2 })),
    '{"10":1,"9":2,"a":"€\\u000f\\n","b":[1,"x",null,true,{}]}',
  )
  // RFC 8785 section 3.2.3: the order of keys is that of UTF-16 code units, not of code points
  t.equal(
    fromUtf8(canonicalBytes({ '\ufb33': 1, '\u{1f600}': 2, '\u20ac': 3, '\r': 4, '1': 5 })),
    '{"\\r":4,"1":5,"€":3,"😀":2,"\ufb33":1}',
  )
  t.equal(fromUtf8(canonicalBytes(-0)), '0')
  t.end()
})

void t.test('values outside the restrictions are refused', (t) => {
  const bad: JsonValue[] = [1.5, 2 ** 53, -(2 ** 53), Number.NaN, Infinity, 'a\udc00', [['\ud800']]]
  for (const value of [...bad, { 'k\ud800': 1 }, { k: '\ud800' }, { k: 0.5 }]) {
    t.throws(() => canonicalBytes(value), notCanonical, JSON.stringify(value))
  }
  // what a caller in JavaScript might pass
  for (const value of [undefined, () => 1, { k: undefined }, [undefined], 1n]) {
    for (const serialise of [canonicalBytes, canonicalText]) {
      t.throws(() => void Reflect.apply(serialise, undefined, [value]), notCanonical)
    }
  }
  t.throws(() => canonicalText(Number.NaN), notCanonical)
  t.end()
})

void t.test('nesting up to 32 levels', (t) => {
  for (const [open, inner, close] of [
    ['[', '1', ']'],
    ['{"a":', '1', '}'],
  ] as const) {
    const nested = (levels: number) => utf8(open.repeat(levels) + inner + close.repeat(levels))
    t.ok(parseCanonical(nested(32)))
    t.throws(() => parseCanonical(nested(33)), notCanonical)
    t.throws(() => parseCanonical(nested(100_000)), notCanonical, 'and no stack overflow')
  }
  t.end()
})

void t.test('bytes that are not canonical are refused, not repaired', (t) => {
  for (const text of [
    ' {}',
    '{} ',
    '{}\n',
    '[1, 2]',
    '{"b":1,"a":2}',
    '{"9":1,"10":2}',
    '{"a":1,"a":1}',
    '{"a":1,"a":2}',
    '{"a":{"c":1,"b":1}}',
    '[{"c":1,"b":1}]',
    '{"__proto__":1,"__proto__":1}',
    '1.0',
    '1e2',
    '-0',
    '9007199254740993',
    '9007199254740992',
    '0.5',
    '"\\u0061"',
    '"\\/"',
    '"\\u000A"',
    '"\\u001F"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"',
    '{"\\ud800":1}',
    '"\\uD800"',
  ]) {
    t.throws(() => parseCanonical(utf8(text)), notCanonical, text)
  }
  for (const text of [
    '',
    '{',
    "{'a':1}",
    '01',
    '+1',
    'NaN',
    '[1,]',
    '"\n"',
    'undefined',
    '\ufeff{}',
  ]) {
    t.throws(() => parseCanonical(utf8(text)), { code: 'malformed-json' }, text)
  }
  t.throws(() => parseCanonical(new Uint8Array([0x22, 0xff, 0x22])), { code: 'malformed-encoding' })
  t.end()
})

void t.test('what looks like a lone surrogate but is not passes', (t) => {
  t.equal(parseCanonical(utf8('"\\\\ud800"')), '\\ud800')
  t.same(parseCanonical(utf8('{"10":1,"9":2}')), { '10': 1, '9': 2 }, 'keys that look like indexes')
  t.equal(parseCanonical(utf8('"\u{10ffff}\ufffd"')), '\u{10ffff}\ufffd')
  t.end()
})

void t.test('properties', async (t) => {
  t.comment('round trip')
  await checkProperty(
    t,
    fc.property(allowedValue, (value) => {
      const bytes = canonicalBytes(value)
      return equalBytes(canonicalBytes(parseCanonical(bytes)), bytes)
    }),
    500,
  )
  t.comment('agrees with the definition: parsing and serialising again gives the same bytes')
  await checkProperty(
    t,
    fc.property(allowedValue, fc.nat(), fc.nat({ max: 255 }), (value, position, byte) => {
      const bytes = canonicalBytes(value).slice()
      bytes[position % bytes.length] = byte
      const byDefinition = (): boolean => {
        try {
          return canonicalText(parseJson(fromUtf8(bytes))) === fromUtf8(bytes)
        } catch {
          return false
        }
      }
      try {
        parseCanonical(bytes)
        return byDefinition()
      } catch (error) {
        // what section 1 restricts beyond RFC 8785 may fit the definition
        return (
          error instanceof EvidenceError && (!byDefinition() || /safe integer/.test(error.message))
        )
      }
    }),
    2000,
  )
})

void t.test('kinds of values', (t) => {
  t.ok(isJsonObject({}))
  for (const value of [null, [], 'a', 1, undefined]) t.notOk(isJsonObject(value))
  t.ok(isJsonArray([]))
  for (const value of [null, {}, 'a', 1, undefined]) t.notOk(isJsonArray(value))
  t.end()
})

const vectors = new URL('../../../../shared/vectors/jcs/', import.meta.url)

void t.test(
  'outside vectors: cyberphone/json-canonicalization',
  { skip: existsSync(vectors) ? false : '../shared/vectors is not here' },
  (t) => {
    const names = readdirSync(new URL('input/', vectors))
    t.ok(names.length >= 6)
    for (const name of names) {
      const input = readFileSync(new URL(`input/${name}`, vectors), 'utf8')
      const output = readFileSync(new URL(`output/${name}`, vectors), 'utf8')
      t.equal(canonicalText(parseJson(input)), output, name)
    }
    t.end()
  },
)
