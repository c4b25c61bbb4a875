import t from 'tap'
import {
  bundleEntries,
  canonicalBytes,
  entryName,
  formatLat,
  formatPem,
  memorySource,
  parseLat,
  utf8,
  verifyBundle,
  verifyLat,
} from '../../src/index.ts'
import { makeAuthority, makeCertificate } from '../authority.ts'
import { testCrypto as crypto, withoutAlgorithm } from '../test-crypto.ts'
import { testObject, TestWorld } from '../world.ts'
import { jsonOf } from './forgery.ts'
import { anchors, answer, deposit, entries, made, replaced, verify, world } from './one-deposit.ts'

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

void t.test('whose word the time of reception is', async (t) => {
  const { tsaRoots = [] } = anchors
  const { root } = await makeAuthority()
  const of = async (
    own: readonly Uint8Array[] | undefined,
    outside: readonly Uint8Array[] | undefined,
  ) => {
    const given = { ...anchors, tsaRoots: own, outsideTsaRoots: outside }
    const { verdict, facts, notProved } = await verify(entries, {}, given)
    const isIndependent = facts?.token?.isIndependent
    t.equal(!notProved.includes('time-is-the-boxes-claim'), isIndependent, 'the report agrees')
    return `${verdict.status}, ${isIndependent === true ? 'independent' : 'claim'}`
  }
  t.equal(await of(tsaRoots, undefined), 'valid, claim')
  t.equal(await of(tsaRoots, [root.der]), 'valid, claim')
  t.equal(await of(undefined, tsaRoots), 'valid, independent')
  t.equal(await of([root.der], tsaRoots), 'valid, independent')
  t.equal(await of(tsaRoots, tsaRoots), 'valid, claim', 'a root in both files')
  t.equal(await of([root.der], [root.der]), 'invalid, claim')
  t.equal(await of(undefined, [root.der]), 'cannot-tell, claim', 'it may be of a box')
  const strong = await makeCertificate({ name: 'Test root', authority: true, isStrong: true })
  t.equal(await of([strong.der], undefined), 'cannot-tell, claim', 'a key for other digests')
  t.equal(await of([strong.der], tsaRoots), 'valid, claim', 'it may be of a box all the same')
  t.equal(await of([root.der], [strong.der]), 'cannot-tell, claim', 'it may be of the one outside')
  const broken = made({
    lat: formatLat({ ...parseLat(deposit.lat), tree: { index: 0, size: 1, path: [] } }),
  })
  const given = { ...anchors, tsaRoots: undefined, outsideTsaRoots: tsaRoots }
  t.match(await verify(broken, {}, given), { verdict: { code: 'wrong-imprint' } })
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
