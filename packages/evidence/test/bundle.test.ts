import fc from 'fast-check'
import t from 'tap'
import {
  bundleCheckNames,
  bundleEntries,
  canonicalBytes,
  entryName,
  EvidenceError,
  formatLat,
  formatPem,
  formatTlogProof,
  fromUtf8,
  isJsonArray,
  isJsonObject,
  memorySource,
  parseCanonical,
  parseLat,
  parseManifest,
  parseNote,
  parseTlogProof,
  toHex,
  utf8,
  verifyBundle,
  verifyLat,
  verifyScript,
} from '../src/index.ts'
import type {
  Anchors,
  Block,
  BundleEntry,
  BundleInput,
  BundleOptions,
  BundleReport,
  JsonObject,
  JsonValue,
} from '../src/index.ts'
import { makeAuthority } from './authority.ts'
import { cosign, signNote, TestJournal } from './journal-world.ts'
import { checkProperty } from './property.ts'
import { testCrypto as crypto, testSigner, withoutAlgorithm } from './test-crypto.ts'
import { randomOpening, TestWorld, testDepositor, testObject } from './world.ts'

const world = await TestWorld.create()
world.journal.append()
const deposit = await world.deposit([utf8('le premier fichier\n'), utf8('le second')])
const anchors = world.anchors()
const entries = world.bundle(deposit)

function verify(
  bundle: readonly BundleEntry[] = entries,
  options: BundleOptions = {},
  trusted: Anchors = anchors,
): Promise<BundleReport> {
  return verifyBundle(crypto, memorySource(bundle), trusted, options)
}

/** The check that failed first and why, or the status of the whole. */
async function answer(...parameters: Parameters<typeof verify>): Promise<string> {
  const { verdict, checks } = await verify(...parameters)
  if (verdict.status !== 'invalid') return verdict.status
  const failed = checks.find((check) => check.verdict === verdict)
  return `${failed?.name ?? ''}: ${verdict.code}`
}

function bytesOf(name: string, bundle = entries): Uint8Array {
  const found = bundle.find((entry) => entry.name === name)
  if (found === undefined) throw new Error(`no entry ${name}`)
  return found.bytes
}

function jsonOf(bytes: Uint8Array): JsonObject {
  const value = parseCanonical(bytes)
  if (!isJsonObject(value)) throw new Error('not an object')
  return value
}

/** Puts other bytes in an entry's place, and hides it from the digests as an attacker would. */
function replaced(name: string, bytes: Uint8Array, bundle = entries): BundleEntry[] {
  return relisted(bundle.map((entry) => (entry.name === name ? { name, bytes } : entry)))
}

function relisted(bundle: readonly BundleEntry[], changes: JsonObject = {}): BundleEntry[] {
  const listed = bundle.filter(
    ({ name }) => name !== entryName.manifest && !name.startsWith('document/'),
  )
  const manifest = canonicalBytes({
    ...jsonOf(bytesOf(entryName.manifest, [...bundle])),
    entries: listed.map(({ name, bytes }) => ({
      name,
      sha256: toHex(crypto.hash('sha256', bytes)),
    })),
    ...changes,
  })
  return bundle.map((entry) =>
    entry.name === entryName.manifest ? { name: entry.name, bytes: manifest } : entry,
  )
}

function without(...names: string[]): BundleEntry[] {
  return entries.filter((entry) => !names.includes(entry.name))
}

/** A bundle of the world's own making, with some parts changed. */
function made(changes: Partial<BundleInput>): BundleEntry[] {
  return world.bundle(deposit, changes)
}

void t.test('a bundle in order', async (t) => {
  const report = await verify()
  t.same(report.verdict, { status: 'valid' })
  t.same(
    report.checks.map((check) => check.name),
    bundleCheckNames.filter((name) => name !== 'lat-seal' && name !== 'dating'),
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
  const later = await answer(relisted(entries, { format: 2 }))
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

void t.test('archive proofs', async (t) => {
  t.match(await verifyLat(crypto, deposit.lat, anchors), {
    verdict: { status: 'valid' },
    genTime: '2026-03-01T12:00:01.600Z',
    statement: { object: testObject },
  })
  t.notMatch(await verifyLat(crypto, utf8('{}'), anchors), { genTime: String })
  const lat = parseLat(deposit.lat)
  const withLat = (bytes: Uint8Array): Promise<string> => answer(made({ lat: bytes }))
  const other = await TestWorld.create()
  const stranger = await verify(entries, {}, { ...anchors, latKeys: [other.latSpki] })
  t.match(stranger.verdict, { code: 'wrong-key' })
  t.match((await verify(entries, {}, { ...anchors, latKeys: [] })).verdict, {
    status: 'cannot-tell',
    missing: 'a LAT key',
  })
  const { root } = await makeAuthority()
  t.equal(
    await answer(entries, {}, { ...anchors, tsaRoots: [root.der] }),
    'lat-token: bad-signature',
    'a root of the same name',
  )
  t.match((await verify(entries, {}, { ...anchors, tsaRoots: undefined })).verdict, {
    status: 'cannot-tell',
    missing: /root/,
  })
  const forged = formatLat({ ...lat, signature: { ...lat.signature, value: utf8('x') } })
  t.equal(await withLat(forged), 'lat-signature: bad-signature')
  const otherLeaf = formatLat({ ...lat, tree: { ...lat.tree, index: 0 } })
  t.equal(await withLat(otherLeaf), 'lat-token: wrong-imprint')
  const shorter = { ...lat, tree: { ...lat.tree, path: lat.tree.path.slice(1) } }
  t.equal(
    await answer(replaced(entryName.lat, formatLat(shorter))),
    'manifest: bad-manifest',
    'a path that leads nowhere has no signed bytes',
  )
  t.match(await verifyLat(crypto, formatLat(shorter), anchors), { verdict: { code: 'bad-path' } })
  t.throws(
    () => bundleEntries(crypto, { ...world.bundleInput(deposit), lat: formatLat(shorter) }),
    {
      code: 'malformed-bundle',
    },
  )
  t.equal(await answer(replaced(entryName.lat, utf8('{}'))), 'statement: malformed-lat')
  const later = canonicalBytes({ ...jsonOf(deposit.lat), format: 2 })
  t.equal(await answer(replaced(entryName.lat, later)), 'cannot-tell')
  const unchecked = await verifyBundle(
    withoutAlgorithm('ecdsa-p256-sha256'),
    memorySource(entries),
    anchors,
  )
  t.equal(unchecked.verdict.status, 'cannot-tell')

  const inconsistent = await TestWorld.create()
  const twisted = await inconsistent.deposit([utf8('a'), utf8('b')], { statement: { size: 7 } })
  t.match((await verify(inconsistent.bundle(twisted), {}, inconsistent.anchors())).verdict, {
    code: 'bad-statement',
  })
  const elsewhere = formatPem(root.der, 'CERTIFICATE')
  t.equal(await answer(replaced(entryName.tsaCertificates, utf8(elsewhere))), 'valid')
  t.equal(
    await answer(replaced(entryName.tsaCertificates, utf8('x'))),
    'manifest: malformed-anchors',
  )
  const noCertificates = made({ tsaCertificates: [] })
  t.notOk(noCertificates.some((entry) => entry.name === entryName.tsaCertificates))
  t.equal(await answer(noCertificates), 'valid')
})

void t.test('boxes', async (t) => {
  t.equal(await answer(entries, {}, { ...anchors, boxes: ['box-9'] }), 'box: wrong-box')
  const unknown = await verify(entries, {}, { ...anchors, boxes: undefined })
  t.equal(unknown.verdict.status, 'valid', 'origin and keys tell')
  t.match(
    unknown.checks.find((check) => check.name === 'box'),
    { verdict: { status: 'cannot-tell' }, isDecisive: false },
  )
})

void t.test('openings', async (t) => {
  const { object, depositor, metadata } = deposit.openings
  const open = (openings: Partial<typeof deposit.openings>): BundleEntry[] =>
    made({ openings: { object, depositor, metadata, ...openings } })
  const wrong = randomOpening('depositor', utf8(testDepositor))
  t.equal(await answer(open({ depositor: wrong })), 'openings: bad-opening')
  t.equal(await answer(open({ depositor: metadata })), 'openings: bad-opening')
  t.equal(await answer(open({ metadata: wrong })), 'openings: bad-opening')
  t.equal(await answer(open({ object: wrong })), 'deposit-trace: bad-opening')
  const renamed = object && { ...object, field: 'lat' }
  t.equal(await answer(open({ object: renamed })), 'deposit-trace: bad-opening')
  t.equal(await answer(made({ metadata: utf8('{}') })), 'openings: bad-opening')
  t.equal(await answer(made({ metadata: null })), 'openings: bad-opening', 'opened, not there')
  t.equal(await answer(open({ metadata: null })), 'openings: bad-opening', 'there, not opened')
  t.equal(await answer(replaced(entryName.openings, utf8('{}'))), 'openings: malformed-bundle')

  const erased = await verify(
    made({ openings: { object, depositor: null, metadata: null }, metadata: null }),
  )
  t.equal(erased.verdict.status, 'valid')
  t.match(erased.facts, { depositor: null, hasMetadata: false })
  t.match((await verify(open({ object: null }))).verdict, {
    status: 'cannot-tell',
    missing: /opening of the deposit trace/,
  })
})

void t.test('deposit traces', async (t) => {
  const cases: [string, object][] = [
    ['another act', { act: 'read' }],
    ['refused', { outcome: 'refused' }],
    ['no commitment', { objectCommitment: null }],
  ]
  for (const [what, trace] of cases) {
    const other = await TestWorld.create()
    const wrong = await other.deposit(undefined, { trace })
    const report = await answer(other.bundle(wrong), {}, other.anchors())
    t.equal(report, 'deposit-trace: bad-deposit-trace', what)
  }
  const other = await TestWorld.create()
  const first = await other.deposit()
  const second = await other.deposit()
  const lat = { ...first, lat: second.lat }
  t.equal(
    await answer(other.bundle(lat), {}, other.anchors()),
    'openings: bad-opening',
    "another deposit's LAT",
  )
  const swapped = { ...second, seqs: first.seqs }
  t.equal(
    await answer(other.bundle(swapped), {}, other.anchors()),
    'deposit-trace: bad-opening',
    "another deposit's trace",
  )
  const openings = { ...second.openings, object: first.openings.object }
  t.equal(
    await answer(other.bundle({ ...swapped, openings }), {}, other.anchors()),
    'deposit-trace: bad-deposit-trace',
    'with its opening',
  )
})

void t.test('inclusion', async (t) => {
  const proofOf = (seq: number): ReturnType<typeof parseTlogProof> =>
    parseTlogProof(fromUtf8(bytesOf(`traces/${seq}.tlog-proof`)))
  const proof = proofOf(2)
  const withProof = (changes: Partial<typeof proof>): Promise<string> =>
    answer(replaced('traces/2.tlog-proof', utf8(formatTlogProof({ ...proof, ...changes }))))
  t.equal(await withProof({ path: proofOf(4).path }), 'inclusion: not-included')
  t.equal(await withProof({ index: 3 }), 'inclusion: bad-proof')
  const older = world.journal.checkpoint(4)
  t.equal(await withProof({ checkpointNote: older }), 'inclusion: bad-proof')
  t.equal(await answer(replaced('traces/2.tlog-proof', utf8('x'))), 'inclusion: malformed-proof')
  const altered = canonicalBytes({ ...jsonOf(bytesOf('traces/4.json')), act: 'list' })
  t.match((await verify(replaced('traces/4.json', altered))).verdict, {
    code: 'not-included',
    where: 'traces/4.json',
  })
  t.match((await verify(replaced('traces/2.json', utf8('{}')))).verdict, {
    code: 'malformed-trace',
    where: 'traces/2.json',
  })
  t.match((await verify(replaced('traces/4.json', utf8('{"format":2}')))).verdict, {
    status: 'cannot-tell',
  })
  t.equal(
    await answer(replaced('traces/4.json', bytesOf('traces/2.json'))),
    'inclusion: bad-trace',
    'under another seq',
  )
  const foreign = world.journal.path(3)
  const trace = world.journal.traces[3] ?? utf8('')
  const more = [...world.bundleInput(deposit).traces, { bytes: trace, path: foreign }]
  t.equal(await answer(made({ traces: more })), 'inclusion: bad-trace', "another object's")
})

void t.test('checkpoints', async (t) => {
  const forged = testSigner(world.journal.origin, 2)
  const { text } = parseNote(world.journal.checkpoint())
  const unknownKey = made({ checkpointNote: signNote(text, forged) })
  t.equal(await answer(unknownKey), 'checkpoint: wrong-key')
  const liar = { ...forged, key: world.journal.signer.key }
  t.equal(await answer(made({ checkpointNote: signNote(text, liar) })), 'checkpoint: bad-signature')
  t.match((await verify(entries, {}, { ...anchors, journalKeys: undefined })).verdict, {
    status: 'cannot-tell',
    missing: 'the journal key of box-7f3a/1',
  })
  const others = [testSigner('box-9/1', 2).key]
  t.match((await verify(entries, {}, { ...anchors, journalKeys: others })).verdict, {
    status: 'cannot-tell',
  })
  t.equal(await answer(replaced(entryName.checkpoint, utf8('x'))), 'inclusion: malformed-note')
})

void t.test('witnesses', async (t) => {
  const [ed25519, mlDsa] = world.witnesses
  if (ed25519 === undefined || mlDsa === undefined) return
  const plain = world.journal.checkpoint()
  const find = (report: BundleReport): unknown =>
    report.checks.find((check) => check.name === 'cosignatures')

  const accepted = await verify(made({ checkpointNote: plain }))
  t.equal(accepted.verdict.status, 'valid')
  t.equal(accepted.facts?.state, 'accepted')
  t.ok(accepted.notProved.includes('no-witness'))
  t.match(find(accepted), { verdict: { status: 'cannot-tell' }, isDecisive: false })
  const required = await verify(made({ checkpointNote: plain }), { requireWitness: true })
  t.match(required.verdict, { status: 'cannot-tell', missing: 'a cosignature by a given witness' })

  const noKeys = { ...anchors, witnessKeys: undefined }
  t.equal((await verify(entries, {}, noKeys)).facts?.state, 'accepted')
  t.equal(await answer(entries, { requireWitness: true }, noKeys), 'cannot-tell')
  const otherKeys = { ...anchors, witnessKeys: [testSigner('other', 4).key] }
  t.equal((await verify(entries, {}, otherKeys)).facts?.state, 'accepted')

  const liar = { ...testSigner('centre.example/w', 4), key: ed25519.key }
  t.equal(
    await answer(made({ checkpointNote: cosign(plain, liar, 1) })),
    'cosignatures: bad-cosignature',
  )
  const withMlDsa = made({ checkpointNote: cosign(plain, mlDsa, 1) })
  const old = withoutAlgorithm('ml-dsa-44')
  const unchecked = await verifyBundle(old, memorySource(withMlDsa), anchors)
  t.equal(unchecked.verdict.status, 'valid')
  t.match(find(unchecked), { verdict: { missing: /ML-DSA-44/ } })
  const oneOfTwo = await verifyBundle(old, memorySource(entries), anchors)
  t.equal(oneOfTwo.facts?.state, 'witnessed', 'the other was checked')
  t.equal(oneOfTwo.facts?.witnesses.length, 1)
  const farOff = await verify(made({ checkpointNote: cosign(plain, ed25519, 2 ** 52) }))
  t.equal(farOff.facts?.witnesses[0]?.time, `${2 ** 52} s after 1970`)
})

void t.test('audit receipts', async (t) => {
  const find = (report: BundleReport): unknown =>
    report.checks.find((check) => check.name === 'audit-receipt')
  const none = await verify(made({ auditReceipt: undefined }))
  t.equal(none.verdict.status, 'valid')
  t.equal(none.facts?.audit, null)
  t.match(find(none), { verdict: { missing: 'an audit receipt' }, isDecisive: false })
  const noKeys = await verify(entries, {}, { ...anchors, auditKeys: undefined })
  t.equal(noKeys.verdict.status, 'valid')
  t.match(find(noKeys), { verdict: { missing: /audit key of centre/ } })

  const smaller = await verify(made({ auditReceipt: world.auditReceipt(5) }))
  t.equal(smaller.verdict.status, 'valid')
  t.ok(smaller.notProved.includes('audit-root-not-compared'))
  t.equal(
    await answer(made({ auditReceipt: world.auditReceipt(4) })),
    'audit-receipt: bad-audit-receipt',
    'does not cover the last trace',
  )
  const liar = { ...testSigner('centre.example/audit', 1), key: world.auditor.key }
  const { text } = parseNote(world.auditReceipt())
  t.equal(
    await answer(made({ auditReceipt: signNote(text, liar) })),
    'audit-receipt: bad-signature',
  )
  const otherLog = text.replace('box-7f3a/1', 'box-7f3a/2')
  t.equal(
    await answer(made({ auditReceipt: signNote(otherLog, world.auditor) })),
    'audit-receipt: bad-audit-receipt',
  )
  const lines = text.split('\n').with(3, `${'A'.repeat(43)}=`)
  t.equal(
    await answer(made({ auditReceipt: signNote(lines.join('\n'), world.auditor) })),
    'audit-receipt: bad-audit-receipt',
    'another root at the same size',
  )
  t.equal(await answer(made({ auditReceipt: 'x' })), 'audit-receipt: malformed-note')
})

void t.test('blocks', async (t) => {
  const block = (type: string, critical: boolean, content: JsonObject = {}): Block => ({
    type,
    version: 1,
    critical,
    content,
  })
  const contents = new Map([['blocks/more', utf8('more')]])
  const named = { entry: 'blocks/more' }
  for (const type of ['cosignatures', 'renewal']) {
    const input = { blocks: [block(type, false, named)], blockContents: contents }
    const report = await verify(made(input))
    t.equal(report.verdict.status, 'valid')
    t.same(report.blocksNotChecked, [`${type} version 1`])
    t.ok(report.notProved.includes('blocks-not-checked'))
    t.equal(await answer(made({ ...input, blocks: [block(type, true, named)] })), 'cannot-tell')
    t.equal(await answer(made({ blocks: input.blocks })), 'entries: bad-listing', 'entry missing')
    t.throws(() => made({ blocks: [block(type, false, { more: 1 })] }), EvidenceError)
  }
  const unknown = await verify(made({ blocks: [block('later', false)] }))
  t.equal(unknown.verdict.status, 'valid')
  t.same(unknown.ignoredBlocks, ['later version 1'])
  t.ok(unknown.notProved.includes('blocks-ignored'))
  t.match((await verify(made({ blocks: [block('later', true)] }))).verdict, {
    status: 'cannot-tell',
    missing: /later version 1/,
  })

  const lat = parseLat(deposit.lat)
  const critical = formatLat({ ...lat, blocks: [block('later', true)] })
  t.match(await verifyLat(crypto, critical, anchors), { verdict: { status: 'cannot-tell' } })

  const inTrace = await TestWorld.create()
  const traced = await inTrace.deposit(undefined, { trace: { blocks: [block('later', true)] } })
  t.equal(await answer(inTrace.bundle(traced), {}, inTrace.anchors()), 'cannot-tell')
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
