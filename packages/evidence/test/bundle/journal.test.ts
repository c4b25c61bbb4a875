import t from 'tap'
import {
  canonicalBytes,
  entryName,
  EvidenceError,
  formatLat,
  formatTlogProof,
  fromUtf8,
  memorySource,
  parseLat,
  parseNote,
  parseTlogProof,
  utf8,
  verifyBundle,
  verifyLat,
} from '../../src/index.ts'
import type { Block, BundleEntry, BundleReport, JsonObject } from '../../src/index.ts'
import { cosign, signNote } from '../journal-world.ts'
import { testCrypto as crypto, testSigner, withoutAlgorithm } from '../test-crypto.ts'
import { randomOpening, testDepositor, TestWorld } from '../world.ts'
import { jsonOf } from './forgery.ts'
import {
  anchors,
  answer,
  bytesOf,
  deposit,
  entries,
  made,
  replaced,
  verify,
  world,
} from './one-deposit.ts'

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
  const required = await verify(made({ checkpointNote: plain }), { requireWitnesses: 1 })
  t.match(required.verdict, { status: 'cannot-tell', missing: 'a cosignature by a given witness' })

  const second = testSigner('other.example/w', 4)
  const ofTwo = made({ checkpointNote: cosign(cosign(plain, ed25519, 1), second, 2) })
  const given = { ...anchors, witnessKeys: [ed25519.key, mlDsa.key, second.key] }
  t.match((await verify(ofTwo, { requireWitnesses: 2 }, given)).facts?.witnesses, [
    { name: 'centre.example/w' },
    { name: 'other.example/w' },
  ])
  t.equal((await verify(ofTwo, { requireWitnesses: 2 }, given)).verdict.status, 'valid')
  const oneName = made({ checkpointNote: cosign(cosign(plain, ed25519, 1), mlDsa, 2) })
  t.match((await verify(oneName, { requireWitnesses: 2 })).verdict, {
    status: 'cannot-tell',
    missing: 'cosignatures by 2 given witnesses: there are 1',
  })
  const noKeys = { ...anchors, witnessKeys: undefined }
  t.equal((await verify(entries, {}, noKeys)).facts?.state, 'accepted')
  t.equal(await answer(entries, { requireWitnesses: 1 }, noKeys), 'cannot-tell')
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
  for (const type of ['cosignatures']) {
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
