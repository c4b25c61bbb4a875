import fc from 'fast-check'
import t from 'tap'
import {
  bundleCheckNames,
  bundleEntries,
  entryName,
  EvidenceError,
  isJsonArray,
  isJsonObject,
  memorySource,
  parseManifest,
  toHex,
  utf8,
  verifyBundle,
  verifyScript,
} from '../../src/index.ts'
import type { BundleEntry, JsonValue } from '../../src/index.ts'
import { TestJournal } from '../journal-world.ts'
import { checkProperty } from '../property.ts'
import { testCrypto as crypto } from '../test-crypto.ts'
import { testDepositor, testObject } from '../world.ts'
import { jsonOf, relisted } from './forgery.ts'
import {
  anchors,
  answer,
  bytesOf,
  deposit,
  entries,
  made,
  replaced,
  verify,
  without,
  world,
} from './one-deposit.ts'

void t.test('a bundle in order', async (t) => {
  const report = await verify()
  t.same(report.verdict, { status: 'valid' })
  t.same(
    report.checks.map((check) => check.name),
    bundleCheckNames.filter(
      (name) => !['destruction', 'lat-seal', 'dating', 'renewal', 'algorithms'].includes(name),
    ),
    'every check, in the order of the specification',
  )
  for (const check of report.checks) t.same(check.verdict, { status: 'valid' }, check.name)
  t.match(report.facts, {
    box: 'box-7f3a',
    origin: 'box-7f3a/1',
    object: testObject,
    receivedAt: '2026-03-01T12:00:01.500Z',
    token: { genTime: '2026-03-01T12:00:01.600Z', authority: 'CN=Test TSA' },
    state: 'witnessed',
    depositor: testDepositor,
    hasMetadata: true,
    checkpointSize: world.journal.size,
    audit: { name: 'centre.example/audit', size: world.journal.size },
  })
  t.same(
    report.facts?.documents.map(({ name, compared }) => [name, compared]),
    [
      ['document/1', 'bundle'],
      ['document/2', 'bundle'],
    ],
  )
  t.same(
    report.facts?.witnesses.map(({ algorithm, time }) => [algorithm, time]),
    [
      ['ed25519', '2026-03-01T12:05:00.000Z'],
      ['ml-dsa-44', '2026-03-01T12:05:00.000Z'],
    ],
  )
  t.same(
    report.facts?.traces.map(({ seq, act }) => [seq, act]),
    [
      [2, 'deposit'],
      [4, 'read'],
    ],
  )
  t.same(report.notProved, [
    'time-is-the-boxes-claim',
    'revocation-not-checked',
    'who-the-depositor-is',
    'truth-of-the-content',
    'what-happened-later',
  ])
  const again = made({})
  t.same(
    again.map((entry) => entry.name),
    entries.map((entry) => entry.name),
  )
  const input = world.bundleInput(deposit)
  t.same(bundleEntries(crypto, input), bundleEntries(crypto, input), 'deterministic')
})

void t.test('attestations: there, judged by nobody, said to be the box’s word', async (t) => {
  const attestations = { fr: utf8('%PDF fr'), en: utf8('%PDF en') }
  const attested = made({ attestations })
  const { verdict, notProved } = await verify(attested)
  t.same(verdict, { status: 'valid' })
  t.ok(notProved.includes('attestation-is-the-boxes-word'))
  const names = attested.map(({ name }) => name)
  t.equal(names.indexOf(entryName.attestationFr), names.indexOf(entryName.script) + 1)
})

void t.test('entries', async (t) => {
  const more = (name: string): BundleEntry[] => [...entries, { name, bytes: utf8('x') }]
  t.equal(await answer(more('more.txt')), 'entries: unknown-entry')
  t.equal(await answer(more('../lat.json')), 'entries: unknown-entry')
  t.equal(await answer(more('/etc/passwd')), 'entries: unknown-entry')
  t.equal(await answer(more('traces/007.json')), 'entries: unknown-entry')
  t.equal(await answer(more('lat.json')), 'entries: duplicate-entry')
  t.equal(await answer(more('document/1')), 'entries: duplicate-entry')
  t.equal(await answer(more('document/3')), 'entries: bad-listing')
  t.equal(await answer(more('traces/3.json')), 'entries: bad-listing', 'not listed')
  t.equal(await answer(relisted(more('traces/3.json'))), 'entries: bad-listing', 'no proof')
  t.equal(await answer(relisted(more('traces/3.tlog-proof'))), 'entries: bad-listing', 'no trace')
  t.equal(await answer(relisted(more('blocks/x'))), 'entries: bad-listing', 'no block')
  const many = Array.from({ length: 100_001 }, (_, at) => ({
    name: `document/${at + 1}`,
    bytes: utf8(''),
  }))
  t.equal(await answer([...entries, ...many]), 'entries: too-large')
  t.equal(await answer([]), 'entries: bad-listing')
  t.equal(await answer(without(entryName.manifest)), 'entries: bad-listing')
  const optional: string[] = [
    entryName.auditReceipt,
    entryName.attestationFr,
    entryName.attestationEn,
    entryName.tsaCertificates,
    entryName.metadata,
    entryName.manifest,
  ]
  for (const name of Object.values(entryName)) {
    if (optional.includes(name)) continue
    t.equal(await answer(without(name)), 'entries: bad-listing', `${name} is missing`)
    t.equal(await answer(relisted(without(name))), 'entries: bad-listing', `${name} is not listed`)
  }
  const traces = entries.map((entry) => entry.name).filter((name) => name.startsWith('traces/'))
  t.equal(await answer(relisted(without(...traces))), 'entries: bad-listing', 'no trace at all')
  const listedTwice = jsonOf(bytesOf(entryName.manifest))['entries']
  const twice = isJsonArray(listedTwice) ? [...listedTwice, listedTwice[0] ?? null] : []
  t.equal(await answer(relisted(entries, { entries: twice })), 'entries: bad-listing')
  t.equal(await answer(replaced(entryName.manifest, utf8('{}'))), 'entries: malformed-bundle')
  const later = await answer(relisted(entries, { format: 3 }))
  t.equal(later, 'cannot-tell', 'a later format')
})

void t.test('every entry is covered by a digest', async (t) => {
  for (const { name, bytes } of entries) {
    const changed = entries.map((entry) =>
      entry.name === name ? { name, bytes: utf8(`x${bytes.length}`) } : entry,
    )
    const { verdict } = await verify(changed)
    t.equal(verdict.status, 'invalid', name)
    if (name === entryName.manifest || name.startsWith('document/')) continue
    t.match(verdict, { code: 'altered-entry', where: name })
  }
})

void t.test('any flipped bit of any entry', async (t) => {
  const position = fc.tuple(fc.nat(entries.length - 1), fc.nat(), fc.nat(7))
  const property = fc.asyncProperty(position, async ([which, at, bit]) => {
    const entry = entries[which]
    if (entry === undefined) return
    const bytes = Uint8Array.from(entry.bytes)
    const index = at % bytes.length
    bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
    const { verdict } = await verify(entries.with(which, { name: entry.name, bytes }))
    const isFound =
      verdict.status === 'invalid' ||
      // A flipped digit of a format is a format that we don't know.
      (verdict.status === 'cannot-tell' && verdict.missing.includes('format'))
    if (!isFound) throw new Error(`${entry.name} byte ${index} bit ${bit}`)
  })
  await checkProperty(t, property, 250)
})

void t.test('the manifest against the archive proof', async (t) => {
  const value = jsonOf(bytesOf(entryName.manifest))
  const changes: [string, JsonValue][] = [
    ['box', 'box-7f3b'],
    ['vault', testObject],
    ['object', '1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f'],
    ['documents', []],
  ]
  for (const [name, changed] of changes) {
    const bare = without('document/1', 'document/2')
    t.equal(await answer(relisted(bare, { [name]: changed })), 'manifest: bad-manifest', name)
  }
  t.equal(await answer(relisted(entries, { origin: 'box-7f3a/2' })), 'inclusion: bad-trace')
  const { documents } = value
  const [first, second] = isJsonArray(documents) ? documents : []
  const wrong: Record<string, JsonValue>[] = [
    { name: 'document/3' },
    { size: 3 },
    { digests: { sha256: '00'.repeat(32), 'sha3-256': '00'.repeat(32) } },
  ]
  for (const change of wrong) {
    const changed = isJsonObject(first) ? { ...first, ...change } : {}
    const bundle = relisted(without('document/1'), { documents: [changed, second ?? null] })
    t.equal(await answer(bundle), 'manifest: bad-manifest', JSON.stringify(change))
  }
  for (const name of [
    entryName.statement,
    entryName.signedBytes,
    entryName.signature,
    entryName.token,
  ]) {
    t.equal(await answer(replaced(name, utf8('x'))), 'manifest: bad-manifest', name)
  }
  t.equal(await answer(relisted(entries, { state: 'accepted' })), 'valid', 'state is recomputed')
})

void t.test('documents', async (t) => {
  const [one, two] = deposit.documents
  const given = async function* (bytes: Uint8Array): AsyncIterable<Uint8Array> {
    for (const byte of bytes) yield await Promise.resolve(new Uint8Array([byte]))
  }
  const bare = without('document/1', 'document/2')
  const absent = await verify(bare)
  t.equal(absent.verdict.status, 'valid')
  t.ok(absent.notProved.includes('document-not-compared'))
  t.same(
    absent.facts?.documents.map((each) => each.compared),
    [null, null],
  )

  const compared = await verify(bare, { document: given(two ?? utf8('')) })
  t.equal(compared.verdict.status, 'valid')
  t.same(
    compared.facts?.documents.map((each) => each.compared),
    [null, 'given'],
  )

  const wrong = await verify(bare, { document: given(utf8('le premier fichier')) })
  t.match(wrong.verdict, {
    status: 'invalid',
    code: 'altered-document',
    where: 'the file given',
    since: '2026-03-01T12:00:01.500Z',
    what: /18 bytes instead of 19/,
  })
  t.equal(await answer(entries, { document: given(utf8('x')) }), 'documents: altered-document')
  t.equal(await answer(entries, { document: given(one ?? utf8('')) }), 'valid')

  const altered = entries.map((entry) =>
    entry.name === 'document/2' ? { ...entry, bytes: utf8('le sexond') } : entry,
  )
  t.match((await verify(altered)).verdict, {
    code: 'altered-document',
    where: 'document/2',
    what: /SHA3-256/,
  })
  const source = memorySource(entries)
  const huge = {
    ...source,
    entries: source.entries.map((entry) =>
      entry.name === 'document/1' ? { ...entry, size: 2 ** 40 } : entry,
    ),
    stream: (name: string) => {
      if (name === 'document/1') throw new Error('unpacked')
      return source.stream(name)
    },
  }
  const { verdict } = await verifyBundle(crypto, huge, anchors)
  t.match(verdict, { code: 'altered-document' }, 'one of another size is not unpacked')
})

void t.test('verify.sh', async (t) => {
  const digest = toHex(crypto.hash('sha256', utf8(verifyScript)))
  const published = { ...anchors, releaseDigests: new Map([['verify.sh', [digest]]]) }
  t.equal((await verify(entries, {}, published)).notProved.includes('script-not-published'), false)
  const other = replaced(entryName.script, utf8('#!/bin/sh\necho valid\n'))
  for (const trusted of [anchors, published, { ...anchors, releaseDigests: new Map() }]) {
    const report = await verify(other, {}, trusted)
    t.equal(report.verdict.status, 'valid', 'the evidence is what it is')
    t.ok(report.notProved.includes('script-not-published'), 'and the script is flagged')
  }
})

void t.test('a source that fails', async (t) => {
  const source = memorySource(entries)
  const broken = { ...source, read: () => Promise.reject(new Error('I/O')) }
  await t.rejects(verifyBundle(crypto, broken, anchors), { message: 'I/O' })
  const damaged = {
    ...source,
    read: () => Promise.reject(new EvidenceError('malformed-bundle', 'damaged')),
  }
  t.match((await verifyBundle(crypto, damaged, anchors)).verdict, { code: 'malformed-bundle' })
  t.same(await source.read('none', 1), new Uint8Array(0))
})

void t.test('parts that do not belong together are not bundled', (t) => {
  const input = world.bundleInput(deposit)
  t.throws(() => bundleEntries(crypto, { ...input, checkpointNote: 'x' }), EvidenceError)
  t.throws(() => bundleEntries(crypto, { ...input, lat: utf8('{}') }), EvidenceError)
  const older = new TestJournal().fill(2).checkpoint()
  t.doesNotThrow(() => parseManifest(bytesOf(entryName.manifest)))
  t.throws(
    () => made({ traces: [{ bytes: utf8('{}'), path: [] }], checkpointNote: older }),
    EvidenceError,
  )
  t.end()
})
