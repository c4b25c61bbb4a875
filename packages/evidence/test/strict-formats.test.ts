import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import {
  auditReceiptText,
  canonicalBytes,
  claimedJournalState,
  concat,
  decodeSegment,
  encodeSegment,
  formatLat,
  formatReceipt,
  formatStatement,
  formatTrace,
  fromBase64,
  isJsonObject,
  journalStateFromJson,
  journalStateToJson,
  lengthPrefixed,
  maximumSegmentBytes,
  parseAuditReceipt,
  parseCanonical,
  parseLat,
  parseManifest,
  parseOpenings,
  parseReceipt,
  parseSealData,
  parseStatement,
  parseTrace,
  sealData,
  Sha3Chain,
  signedBytes,
  toBase64,
  toHex,
  u32be,
  utf8,
  verifyAuditReceipt,
  verifySegment,
} from '../src/index.ts'
import type { Block, JsonObject, JsonValue, Trace } from '../src/index.ts'
import { signNote, testBox, TestJournal } from './journal-world.ts'
import { checkProperty } from './property.ts'
import { testCrypto as crypto, testSigner } from './test-crypto.ts'
import { randomOpening, TestWorld, testObject, testVault } from './world.ts'

const world = await TestWorld.create()
const deposit = await world.deposit([utf8('un'), utf8('deux')])
const bundle = world.bundle(deposit)
const digest = 'ab'.repeat(32)
const pair = { sha256: digest, 'sha3-256': digest }

function object(bytes: Uint8Array): JsonObject {
  const value = parseCanonical(bytes)
  if (!isJsonObject(value)) throw new Error('not an object')
  return value
}

function entry(name: string): Uint8Array {
  return bundle.find((each) => each.name === name)?.bytes ?? new Uint8Array(0)
}

/** A format with a good value of it, and for each member values that it can't have. */
interface Format {
  readonly name: string
  readonly code: string
  readonly good: JsonObject
  readonly parse: (bytes: Uint8Array) => unknown
  readonly wrong: Readonly<Record<string, readonly JsonValue[]>>
  /** Members inside objects that the format keeps as they are. */
  readonly hasFormat: boolean
}

const numbers: JsonValue[] = [-1, '1', null]
const texts: JsonValue[] = ['', 7, null]
const hexes: JsonValue[] = ['', 'AB'.repeat(32), 'ab'.repeat(31), 'zz'.repeat(32), 7]
const times: JsonValue[] = [
  '2026-03-01T12:00:00Z',
  '2026-02-30T12:00:00.000Z',
  '2026-03-01T12:00:00.000+01:00',
  7,
]
const uuids: JsonValue[] = [testVault.toUpperCase(), 'x', 7, testVault.replace('-4', '-1')]
const pairs: JsonValue[] = [{}, { sha256: digest }, { ...pair, more: 1 }, 'x']
const lists: JsonValue[] = [{}, 'x', [7]]

const sealed = new Sha3Chain(crypto)
sealed.append(utf8('x'))
const cosignature = {
  size: 1,
  textSha256: digest,
  name: 'w',
  keyId: '01020304',
  type: 4,
  timestamp: 1,
} as const

const formats: Format[] = [
  {
    name: 'trace',
    code: 'malformed-trace',
    good: object(formatTrace({ ...world.journal.next(), vault: testVault, actor: pair })),
    parse: parseTrace,
    wrong: {
      origin: [...texts, 'a b', 'x'.repeat(201)],
      seq: numbers,
      time: times,
      monotonicMs: numbers,
      boot: hexes,
      act: [...texts, 'Read', 'x'.repeat(65)],
      outcome: ['ok', 7],
      vault: uuids,
      object: uuids,
      objectCommitment: pairs,
      actor: pairs,
      data: [null, [], 'x'],
      prev: hexes,
      blocks: [[], {}, [{ type: 'x' }]],
    },
    hasFormat: true,
  },
  {
    name: 'seal',
    code: 'malformed-seal',
    good: {
      ...sealData(sealed, {
        previousCheckpoint: { size: 1, textSha256: digest },
        lastToken: digest,
        cosignatures: [cosignature],
      }),
    },
    parse: (bytes) => parseSealData(object(bytes)),
    wrong: {
      size: numbers,
      sha3Chain: hexes,
      sha3Root: hexes,
      previousCheckpoint: [{}, { size: 1 }, 'x', { size: -1, textSha256: digest }],
      lastToken: hexes,
      cosignatures: [
        ...lists,
        Array.from({ length: 101 }, () => cosignature),
        [{ ...cosignature, type: 2 }],
        [{ ...cosignature, name: 'a b' }],
        [{ ...cosignature, keyId: '01' }],
        [{ ...cosignature, more: 1 }],
      ],
    },
    hasFormat: false,
  },
  {
    name: 'statement',
    code: 'malformed-lat',
    good: object(formatStatement(deposit.statement)),
    parse: parseStatement,
    wrong: {
      box: [...texts, 'a b'],
      vault: [...uuids, null],
      object: [...uuids, null],
      nonce: [...hexes, null],
      receivedAt: times,
      digests: pairs,
      size: numbers,
      mediaType: [...texts, 'pdf', 'a/b\n', '/x'],
      files: [...lists, []],
      depositor: [...pairs, null],
      metadata: [...pairs, null],
      retention: [
        {},
        { class: 'x' },
        { class: 'x', days: 1 },
        { class: 'x', days: -1, earliestEnd: null },
        { class: 7, days: 1, earliestEnd: null },
        { class: 'x', days: 1, earliestEnd: 'tomorrow' },
      ],
    },
    hasFormat: true,
  },
  {
    name: 'lat',
    code: 'malformed-lat',
    good: object(deposit.lat),
    parse: parseLat,
    wrong: {
      statement: ['a', 7],
      tree: [
        {},
        { index: 3, size: 3, path: [] },
        { index: 0, size: 0, path: [] },
        { index: 0, size: 1, path: ['x'] },
        { index: 0, size: 1, path: [7] },
      ],
      token: ['a', 7],
      signature: [
        {},
        { algorithm: 'ecdsa-p256-sha256', key: 'x', value: '' },
        { algorithm: 'ecdsa-p256-sha256', key: digest, value: '=' },
        { algorithm: 7, key: digest, value: '' },
      ],
      blocks: [[], [{}]],
    },
    hasFormat: true,
  },
  {
    name: 'receipt',
    code: 'malformed-receipt',
    good: object(
      formatReceipt({
        format: 1,
        state: 'accepted',
        lat: deposit.lat,
        trace: utf8('x'),
        proof: 'proof',
        opening: randomOpening('object', utf8('x')),
      }),
    ),
    parse: parseReceipt,
    wrong: {
      state: ['ok', 7],
      lat: ['a'],
      trace: ['a'],
      proof: [7],
      opening: [{}, null],
    },
    hasFormat: true,
  },
  {
    name: 'manifest',
    code: 'malformed-bundle',
    good: object(entry('manifest.json')),
    parse: parseManifest,
    wrong: {
      box: [7],
      origin: [7],
      vault: uuids,
      object: uuids,
      state: ['ok'],
      documents: [...lists, [{ name: 'document/1', size: -1, digests: pair }]],
      entries: [...lists, [{ name: 'x', sha256: 'x' }]],
      blocks: [[], [{}]],
    },
    hasFormat: true,
  },
  {
    name: 'openings',
    code: 'malformed-bundle',
    good: object(entry('openings.json')),
    parse: parseOpenings,
    wrong: { object: [{}, 7], depositor: [{}], metadata: [{}] },
    hasFormat: false,
  },
]

for (const { name, code, good, parse, wrong, hasFormat } of formats) {
  void t.test(`${name}: exactly its members, each of its kind`, (t) => {
    const refuses = (value: JsonValue, why: string): void => {
      t.throws(() => parse(canonicalBytes(value)), { name: 'EvidenceError' }, why)
    }
    t.doesNotThrow(() => parse(canonicalBytes(good)))
    for (const member of Object.keys(good)) {
      const without = Object.fromEntries(Object.entries(good).filter(([key]) => key !== member))
      refuses(without, `without ${member}`)
    }
    for (const [member, values] of Object.entries(wrong)) {
      for (const value of values) {
        refuses({ ...good, [member]: value }, `${member}: ${JSON.stringify(value).slice(0, 60)}`)
      }
    }
    const unknown = canonicalBytes({ ...good, more: 1 })
    t.throws(() => parse(unknown), { name: 'EvidenceError', code }, 'an unknown member')
    t.throws(() => parse(utf8(' {}')), { name: 'EvidenceError' }, 'not canonical')
    if (hasFormat) {
      const of = (format: JsonValue): Uint8Array => canonicalBytes({ ...good, format, more: 1 })
      t.throws(() => parse(of(3)), { code: 'unknown-format' })
      t.throws(() => parse(of(0)), { code: 'lower-format' })
      t.throws(() => parse(of('1')), { code })
      t.throws(() => parse(utf8('[]')), { code })
    }
    t.end()
  })
}

void t.test('traces', (t) => {
  const trace = world.journal.next()
  t.same(parseTrace(formatTrace(trace)), trace)
  const blocks: Block[] = [
    { type: 'hardware-counter', version: 1, critical: false, content: { index: '01', value: '7' } },
    {
      type: 'hardware-clock',
      version: 1,
      critical: true,
      content: {
        clock: 1,
        time: '18446744073709551615',
        resetCount: 1,
        restartCount: 0,
        safe: true,
      },
    },
  ]
  t.same(parseTrace(formatTrace({ ...trace, blocks })).blocks, blocks.toReversed(), 'sorted')
  t.equal(parseTrace(formatTrace({ ...trace, blocks: [] })).blocks, undefined)
  const room = 60_000 - formatTrace({ ...trace, data: { x: '' } }).length
  t.equal(formatTrace({ ...trace, data: { x: 'x'.repeat(room) } }).length, 60_000)
  const large: Trace = { ...trace, data: { x: 'x'.repeat(room + 1) } }
  t.throws(() => formatTrace(large), { code: 'too-large' })
  t.throws(() => parseTrace(canonicalBytes({ ...large })), { code: 'too-large' })
  t.throws(() => formatTrace({ ...trace, seq: 0 }), { code: 'malformed-trace' }, 'prev at 0')
  t.throws(() => formatTrace({ ...trace, act: 'No Act' }), { code: 'malformed-trace' })
  t.end()
})

void t.test('seals name the newest hundred cosignatures', (t) => {
  const cosignatures = Array.from({ length: 130 }, (_, timestamp) => ({
    ...cosignature,
    timestamp,
  }))
  const known = { previousCheckpoint: null, lastToken: null, cosignatures }
  const data = sealData(sealed, known)
  t.equal(data.cosignatures.length, 100)
  t.equal(data.cosignatures[0]?.timestamp, 30)
  t.same(parseSealData(data), data)
  const copy = sealed.clone()
  copy.append(utf8('y'))
  t.not(toHex(copy.head), toHex(sealed.head))
  t.not(toHex(copy.root), toHex(sealed.root))
  t.end()
})

void t.test('LATs', (t) => {
  const lat = parseLat(deposit.lat)
  t.same(formatLat(lat), deposit.lat)
  const blocks: Block[] = [
    { type: 'cms-signature', version: 1, critical: false, content: { cms: 'AAAA' } },
  ]
  t.same(parseLat(formatLat({ ...lat, blocks })).blocks, blocks)
  t.same(formatLat({ ...lat, blocks: [] }), deposit.lat)
  const value = object(deposit.lat)
  const other = { algorithm: 'rsa', key: digest, value: '' }
  t.throws(() => parseLat(canonicalBytes({ ...value, signature: other })), {
    code: 'unsupported-algorithm',
  })
  t.throws(() => signedBytes(new Uint8Array(31), new Uint8Array(32)), { code: 'malformed-lat' })
  t.throws(() => signedBytes(new Uint8Array(32), new Uint8Array(0)), { code: 'malformed-lat' })
  t.end()
})

void t.test('statements', (t) => {
  t.same(parseStatement(formatStatement(deposit.statement)), deposit.statement)
  const forEver = { ...deposit.statement, retention: { class: 'x', days: null, earliestEnd: null } }
  t.same(parseStatement(formatStatement(forEver)).retention, forEver.retention)
  const none = { ...deposit.statement, retention: null }
  t.equal(parseStatement(formatStatement(none)).retention, null)
  const csv = { ...deposit.statement, mediaType: 'text/csv; charset=utf-8' }
  t.equal(parseStatement(formatStatement(csv)).mediaType, 'text/csv; charset=utf-8')
  t.end()
})

void t.test('audit receipts', async (t) => {
  const receipt = {
    origin: world.journal.origin,
    size: 3,
    root: new Uint8Array(randomBytes(32)),
    time: '2026-03-02T03:00:00.000Z',
  }
  const text = auditReceiptText(receipt)
  const note = signNote(text, world.auditor)
  t.same(parseAuditReceipt(note), receipt)
  const keys = [world.auditor.key, world.journal.signer.key]
  t.same((await verifyAuditReceipt(crypto, note, keys)).verdict, { status: 'valid' })
  const byWitness = await verifyAuditReceipt(crypto, note, [{ ...world.auditor.key, type: 4 }])
  t.match(byWitness.verdict, { status: 'cannot-tell' }, 'a witness key is no audit key')
  const liar = { ...testSigner(world.auditor.key.name, 1), key: world.auditor.key }
  const forged = await verifyAuditReceipt(crypto, signNote(text, liar), keys)
  t.match(forged.verdict, { status: 'invalid', code: 'bad-signature' })
  t.match((await verifyAuditReceipt(crypto, 'x', keys)).verdict, { code: 'malformed-note' })

  const lines = text.split('\n')
  const wrong: [number, string][] = [
    [0, 'probant.audit/v2'],
    [1, 'a b'],
    [2, '03'],
    [2, '-1'],
    [2, '9999999999999999'],
    [3, 'AAAA'],
    [4, '2026-03-02'],
  ]
  for (const [at, line] of wrong) {
    const changed = signNote(lines.with(at, line).join('\n'), world.auditor)
    t.throws(() => parseAuditReceipt(changed), { name: 'EvidenceError' }, line)
  }
  const longer = signNote(`${text}more\n`, world.auditor)
  t.throws(() => parseAuditReceipt(longer), { code: 'malformed-receipt' })
  t.throws(() => auditReceiptText({ ...receipt, size: -1 }), { code: 'malformed-receipt' })
})

void t.test('segments', async (t) => {
  const journal = new TestJournal().fill(25)
  const segment = journal.segment(10, 20)
  const bytes = encodeSegment(segment)
  t.same(decodeSegment(bytes), segment)
  const beginning = journal.segment(0, 20)
  t.same(decodeSegment(encodeSegment(beginning)), beginning, 'from the beginning')
  const claimed = claimedJournalState(crypto, segment)
  const { findings, state } = await verifySegment(crypto, claimed, segment, journal.keys)
  t.same(findings, [], 'from what its header claims')
  t.same(journalStateFromJson(crypto, journalStateToJson(state)).size, 20)

  const refuses = (changed: Uint8Array, code: string, why?: string): void => {
    t.throws(() => decodeSegment(changed), { name: 'EvidenceError', code }, why ?? code)
  }
  refuses(bytes.slice(0, -1), 'malformed-segment', 'cut')
  refuses(concat(bytes, new Uint8Array(1)), 'malformed-segment', 'longer')
  refuses(concat(utf8('PBNTSEG2'), bytes.slice(8)), 'malformed-segment', 'another magic')
  refuses(bytes.slice(0, 3), 'malformed-segment')
  refuses(concat(bytes.slice(0, 8), u32be(0xffff_ffff), bytes.slice(12)), 'too-large')

  const headerLength = new DataView(bytes.buffer).getUint32(8)
  const header = object(bytes.slice(12, 12 + headerLength))
  const rest = bytes.slice(12 + headerLength)
  const withHeader = (changes: JsonObject): Uint8Array =>
    concat(bytes.slice(0, 8), lengthPrefixed(canonicalBytes({ ...header, ...changes })), rest)
  t.same(withHeader({}), bytes)
  const wrong: JsonObject[] = [
    { origin: 'a b' },
    { start: -1 },
    { start: 11 },
    { count: 0 },
    { count: 1001 },
    { count: 9 },
    { count: 11 },
    { prev: 'ab' },
    { range: [] },
    { range: ['x', 'y'] },
    { range: 'x' },
    { sha3Chain: 'x' },
    { sha3Range: [digest] },
    { more: 1 },
    { start: 0, range: [], sha3Range: [] },
  ]
  for (const changes of wrong) {
    t.throws(
      () => decodeSegment(withHeader(changes)),
      { name: 'EvidenceError' },
      JSON.stringify(changes),
    )
  }
  refuses(withHeader({ format: 2 }), 'unknown-format')
  refuses(withHeader({ format: 0 }), 'lower-format')

  const huge = Array.from({ length: 80 }, () => new Uint8Array(60_000))
  t.throws(() => encodeSegment({ ...segment, traces: huge }), { code: 'too-large' }, '4 MiB')
  t.ok(80 * 60_000 > maximumSegmentBytes)
  t.throws(() => encodeSegment({ ...segment, traces: [new Uint8Array(130_000)] }), {
    code: 'too-large',
  })
  t.throws(() => encodeSegment({ ...segment, traces: [] }), { code: 'malformed-segment' })
})

void t.test('any flipped bit of a segment is a finding, or makes it unreadable', async (t) => {
  const journal = new TestJournal().fill(12)
  const { state } = await verifySegment(
    crypto,
    claimedJournalState(crypto, journal.segment(0, 5)),
    journal.segment(0, 5),
    journal.keys,
  )
  const bytes = journal.segmentBytes(5)
  const property = fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (index, bit) => {
    const changed = Uint8Array.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ (1 << bit)
    let segment
    try {
      segment = decodeSegment(changed)
    } catch {
      return
    }
    const { findings } = await verifySegment(crypto, state, segment, journal.keys)
    if (findings.length === 0) throw new Error(`byte ${index}, bit ${bit}`)
  })
  await checkProperty(t, property, 400)
})

void t.test('base64 in the formats is strict', (t) => {
  t.equal(toBase64(fromBase64('AAAA')), 'AAAA')
  const value = object(deposit.lat)
  t.throws(() => parseLat(canonicalBytes({ ...value, token: 'AAA' })), { code: 'malformed-lat' })
  t.equal(parseStatement(parseLat(deposit.lat).statement).box, testBox)
  t.equal(parseStatement(parseLat(deposit.lat).statement).object, testObject)
  t.end()
})
