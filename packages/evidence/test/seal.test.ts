import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  formatLat,
  formatPem,
  memorySource,
  parseDetachedSignature,
  parseLat,
  sealBlock,
  toHex,
  utf8,
  verifyBundle,
  verifyLat,
  verifySeal,
} from '../src/index.ts'
import type { Anchors, BundleEntry, BundleReport } from '../src/index.ts'
import { makeCertificate, makeSeal, timeStamping } from './authority.ts'
import type { CertificateOptions, SealOptions, TestCertificate } from './authority.ts'
import { forged } from './bundle/forgery.ts'
import { hasOpenssl } from './openssl-authority.ts'
import { checkProperty } from './property.ts'
import { testCrypto as crypto, withoutAlgorithm } from './test-crypto.ts'
import { TestWorld } from './world.ts'

// The client's seal over a LAT, and everything that can be wrong with it; openssl is asked the same.

const content = utf8('the sixty-four bytes that the key of the archive proof signs as well')
const atMs = Date.parse('2026-03-01T12:00:01.600Z')
const root = await makeCertificate({ name: 'Seal root', authority: true })
const issuing = await makeCertificate({ name: 'Seal issuing', issuer: root, authority: true })
const stranger = await makeCertificate({ name: 'Seal root', authority: true })
const certificate = await makeCertificate({ name: 'Mairie', issuer: issuing })
const chain = [certificate, issuing]

async function judge(
  cms: Uint8Array,
  roots: readonly TestCertificate[] = [root],
): Promise<ReturnType<typeof verifySeal>> {
  return verifySeal(crypto, cms, { content, roots: roots.map(({ der }) => der), atMs })
}

const folder = mkdtempSync(join(tmpdir(), 'probant-seal-'))
t.teardown(() => rmSync(folder, { recursive: true }))

function write(into: string, files: Iterable<readonly [string, Uint8Array]>): string {
  for (const [name, bytes] of files) {
    const path = join(into, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  return into
}

/** What openssl answers, as of the same time. */
function opensslAccepts(cms: Uint8Array, roots: readonly TestCertificate[] = [root]): boolean {
  const pem = roots.map(({ der }) => formatPem(der, 'CERTIFICATE')).join('')
  write(folder, [
    ['seal', cms],
    ['content', content],
    ['roots.pem', utf8(pem)],
  ])
  const words = `cms -verify -cades -binary -inform DER -in seal -content content -CAfile roots.pem -purpose any -attime ${Math.floor(atMs / 1000)} -out out`
  return spawnSync('openssl', words.split(' '), { cwd: folder }).status === 0
}

void t.test('a seal in order', { skip: !hasOpenssl && 'no openssl' }, async (t) => {
  const cms = await makeSeal(content, { certificate, certificates: chain })
  const found = await judge(cms)
  t.match(found, {
    verdict: { status: 'valid' },
    subject: 'CN=Mairie',
    issuer: 'CN=Seal issuing',
  })
  t.same(
    found.path.map(({ subjectText }) => subjectText),
    ['CN=Mairie', 'CN=Seal issuing', 'CN=Seal root'],
  )
  t.ok(opensslAccepts(cms))
  t.same((await judge(cms, [])).verdict, {
    status: 'cannot-tell',
    missing: "a root of the seal certificate's authority (seal.pem)",
  })
})

interface Case {
  readonly what: string
  readonly expected: string
  /** What openssl answers, when it is another thing than `expected` says. */
  readonly openssl?: boolean
  readonly certificate?: Partial<CertificateOptions>
  readonly seal?: Partial<SealOptions>
  readonly roots?: readonly TestCertificate[]
  /** Without the certificate that issued its own. */
  readonly isAlone?: boolean
}

const cases: Case[] = [
  { what: 'nothing is wrong', expected: 'valid' },
  { what: 'both purposes of signing', expected: 'valid', certificate: { keyUsage: 0xc0 } },
  { what: 'non-repudiation alone', expected: 'valid', certificate: { keyUsage: 0x40 } },
  {
    what: 'key usage for keys: openssl was told to take any purpose',
    expected: 'wrong-purpose',
    openssl: true,
    certificate: { keyUsage: 0x20 },
  },
  {
    what: 'a key usage beside signing',
    expected: 'wrong-purpose',
    openssl: true,
    certificate: { keyUsage: 0xa0 },
  },
  {
    what: 'no key usage',
    expected: 'wrong-purpose',
    openssl: true,
    certificate: { keyUsage: null },
  },
  {
    what: "an authority's own certificate",
    expected: 'wrong-purpose',
    openssl: true,
    certificate: { authority: true, keyUsage: 0x80 },
  },
  {
    what: 'for time-stamping',
    expected: 'wrong-purpose',
    openssl: true,
    certificate: { purposes: [timeStamping] },
  },
  {
    what: 'for signing documents',
    expected: 'valid',
    certificate: { purposes: ['1.3.6.1.5.5.7.3.36'], purposesCritical: false },
  },
  { what: 'expired', expected: 'expired', certificate: { notAfter: '2026-03-01T00:00:00Z' } },
  {
    what: 'not valid yet',
    expected: 'not-yet-valid',
    certificate: { notBefore: '2026-03-02T00:00:00Z' },
  },
  {
    what: 'signed by another than its issuer',
    expected: 'bad-signature',
    certificate: { forgedBy: stranger.privateKey },
  },
  { what: 'under another root of that name', expected: 'bad-signature', roots: [stranger] },
  {
    what: 'the chain is not there',
    expected: 'untrusted-authority',
    isAlone: true,
  },
  {
    what: 'its own certificate is not there',
    expected: 'cannot-tell',
    openssl: false,
    seal: { certificates: [issuing] },
  },
  {
    what: 'an extension nobody knows',
    expected: 'cannot-tell',
    openssl: false,
    certificate: { criticalExtension: '1.2.3.4.5' },
  },
  {
    what: 'signed by another key',
    expected: 'bad-signature',
    seal: { signWith: stranger.privateKey },
  },
  {
    what: 'over other bytes',
    expected: 'bad-attributes',
    seal: { messageDigest: new Uint8Array(32) },
  },
  {
    what: 'it names no certificate',
    expected: 'bad-attributes',
    seal: { signingCertificate: 'none' },
  },
  {
    what: 'it names another certificate',
    expected: 'bad-attributes',
    seal: { namedCertificate: issuing },
  },
  {
    what: 'over another type of content: openssl does not look',
    expected: 'bad-attributes',
    openssl: true,
    seal: { contentType: '1.2.840.113549.1.9.16.1.4' },
  },
  {
    what: 'not detached',
    expected: 'malformed-signature',
    openssl: true,
    seal: { attached: true },
  },
]

for (const each of cases) {
  void t.test(each.what, { skip: !hasOpenssl && 'no openssl' }, async (t) => {
    const own = await makeCertificate({ name: 'Mairie', issuer: issuing, ...each.certificate })
    const certificates = each.isAlone === true ? [own] : [own, issuing]
    const options = { certificate: own, certificates, ...each.seal }
    const cms = await makeSeal(content, options)
    const { verdict } = await judge(cms, each.roots)
    t.equal(verdict.status === 'invalid' ? verdict.code : verdict.status, each.expected)
    const { openssl = each.expected === 'valid' } = each
    t.equal(opensslAccepts(cms, each.roots), openssl, 'openssl')
  })
}

void t.test('what can not be checked is not told', async (t) => {
  const cms = await makeSeal(content, { certificate, certificates: chain })
  const without = withoutAlgorithm('ecdsa-p256-sha256')
  const { verdict } = await verifySeal(without, cms, { content, roots: [root.der], atMs })
  t.equal(verdict.status, 'cannot-tell')
})

void t.test('any flipped bit, and bytes that are no seal', async (t) => {
  const cms = await makeSeal(content, { certificate, certificates: chain })
  const honest = parseDetachedSignature(cms)
  const property = fc.asyncProperty(fc.nat(cms.length - 1), fc.nat(7), async (index, bit) => {
    const changed = Uint8Array.from(cms)
    changed[index] = (changed[index] ?? 0) ^ (1 << bit)
    // What is neither signed nor read may change: the deposit's trace commits to the LAT's bytes.
    const { verdict, path } = await judge(changed)
    if (verdict.status !== 'valid') return
    if (toHex(path[0]?.der ?? changed) !== toHex(certificate.der)) throw new Error(`byte ${index}`)
  })
  await checkProperty(t, property, 150)
  t.equal(honest.certificates.length, 2)
  for (const bytes of [new Uint8Array(0), utf8('seal'), new Uint8Array(300_000), certificate.der]) {
    t.match((await judge(bytes)).verdict, { status: 'invalid', code: 'malformed-signature' })
  }
})

void t.test('names that would draw over what is read', async (t) => {
  const own = await makeCertificate({ name: 'Mairie\u001b[2K\nVALID\u202e', issuer: issuing })
  const cms = await makeSeal(content, { certificate: own, certificates: [own, issuing] })
  t.equal((await judge(cms)).subject, 'CN=Mairie\ufffd[2K\ufffdVALID\ufffd')
})

const world = await TestWorld.create()
world.seal = (signed) => makeSeal(signed, { certificate, certificates: chain })
const deposit = await world.deposit()
const anchors: Anchors = { ...world.anchors(), sealRoots: [root.der] }

async function report(
  entries: readonly BundleEntry[],
  trusted: Anchors = anchors,
): Promise<BundleReport> {
  return verifyBundle(crypto, memorySource(entries), trusted)
}

void t.test('a LAT with a seal', async (t) => {
  t.match(await verifyLat(crypto, deposit.lat, anchors), {
    verdict: { status: 'valid' },
    parts: { seals: [{ verdict: { status: 'valid' }, subject: 'CN=Mairie' }] },
  })
  const lat = parseLat(deposit.lat)
  const unknown = { ...anchors, sealRoots: undefined }
  t.match(await verifyLat(crypto, deposit.lat, unknown), {
    verdict: { status: 'valid' },
    parts: { seals: [{ verdict: { status: 'cannot-tell' }, subject: 'CN=Mairie' }] },
  })
  const [block] = lat.blocks ?? []
  if (block === undefined) throw new Error('no block')
  const critical = formatLat({ ...lat, blocks: [{ ...block, critical: true }] })
  t.match(await verifyLat(crypto, critical, unknown), { verdict: { status: 'cannot-tell' } })
  t.match(await verifyLat(crypto, critical, anchors), { verdict: { status: 'valid' } })
  const foreign = sealBlock(await makeSeal(content, { certificate, certificates: chain }))
  const second = formatLat({ ...lat, blocks: [block, foreign] })
  for (const trusted of [anchors, unknown])
    t.match(
      await verifyLat(crypto, second, trusted),
      { verdict: { status: 'invalid', code: 'bad-attributes' } },
      'a second one, over other bytes',
    )
  const unread = formatLat({ ...lat, blocks: [sealBlock(utf8('no CMS'))] })
  const { verdict, parts } = await verifyLat(crypto, unread, anchors)
  t.match(verdict, { code: 'malformed-signature' })
  t.same(parts?.seals[0], { verdict, isDecisive: true, path: [] }, 'no names')
  const undated = formatLat({ ...lat, token: utf8('no token') })
  t.match(
    await verifyLat(crypto, undated, anchors),
    {
      verdict: { status: 'invalid', code: 'malformed-token' },
      parts: { seals: [{ verdict: { status: 'cannot-tell', missing: /time/ } }] },
    },
    'as of no time, no seal can be judged',
  )
})

void t.test('a bundle with a seal', async (t) => {
  const entries = world.bundle(deposit)
  const named = entries.map(({ name }) => name).filter((name) => name.startsWith('blocks/'))
  t.same(named, ['blocks/seal-certificates', 'blocks/seal-signature'])
  const found = await report(entries)
  t.same(found.verdict, { status: 'valid' })
  t.match(
    found.checks.find((check) => check.name === 'lat-seal'),
    { verdict: { status: 'valid' } },
  )
  t.same(found.facts?.seals, [{ status: 'valid', subject: 'CN=Mairie', issuer: 'CN=Seal issuing' }])
  t.same(found.blocksNotChecked, [])

  const unknown = await report(entries, world.anchors())
  t.equal(unknown.verdict.status, 'valid', 'the rest is what it is')
  t.match(
    unknown.checks.find((check) => check.name === 'lat-seal'),
    { verdict: { status: 'cannot-tell' }, isDecisive: false },
  )
  t.ok(unknown.notProved.includes('seal-not-checked'))
  t.match(unknown.facts?.seals, [{ status: 'cannot-tell', subject: 'CN=Mairie' }])

  const wrong = await report(entries, { ...anchors, sealRoots: [stranger.der] })
  t.match(wrong.verdict, { status: 'invalid', code: 'bad-signature' })

  const other = await makeSeal(content, { certificate, certificates: chain })
  t.match(
    (await report(forged(entries, 'blocks/seal-signature', other))).verdict,
    { code: 'bad-manifest', where: 'blocks/seal-signature' },
    'another copy than the LAT holds',
  )

  const lat = parseLat(deposit.lat)
  const two = { ...lat, blocks: [...(lat.blocks ?? []), sealBlock(utf8('no CMS'))] }
  const second = await report(world.bundle({ ...deposit, lat: formatLat(two) }))
  t.match(second.verdict, { code: 'malformed-signature' })
  t.match(
    second.facts?.seals.map(({ subject }) => subject),
    ['CN=Mairie'],
    'by whom is told of one',
  )
})

void t.test('verify.sh and the seal', { skip: !hasOpenssl && 'no openssl' }, (t) => {
  const files = world.bundle(deposit).map(({ name, bytes }) => [name, bytes] as const)
  const run = (name: string, changes: readonly (readonly [string, Uint8Array])[], pem?: string) => {
    const unpacked = write(join(folder, name), [...files, ...changes])
    const given = pem === undefined ? [] : [['seal.pem', utf8(pem)] as const]
    const trusted = write(join(folder, `${name}-anchors`), [...world.anchorFiles(), ...given])
    const { status, stdout } = spawnSync('sh', ['verify.sh', trusted], { cwd: unpacked })
    return { status, output: stdout.toString() }
  }
  const pem = formatPem(root.der, 'CERTIFICATE')
  t.match(run('good', [], pem), { status: 0, output: /ok {10}seal of the client's certificate/ })
  t.match(run('unknown', []), { status: 0, output: /note {8}seal .* not checked, no seal.pem/ })
  t.match(run('stranger', [], formatPem(stranger.der, 'CERTIFICATE')), {
    status: 1,
    output: /INVALID {5}seal/,
  })
  const other = [['blocks/seal-signature', utf8('other')] as const]
  t.match(run('copy', other, pem), { status: 1, output: /INVALID {5}blocks\/seal-signature/ })
  t.end()
})
