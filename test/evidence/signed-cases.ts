import { formatVkey, fromUtf8, utf8 } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { makeCertificate, makeSeal, timeStamping } from '../../packages/evidence/test/authority.ts'
import type {
  CertificateOptions,
  SealOptions,
  TestCertificate,
} from '../../packages/evidence/test/authority.ts'
import { cosign, signNote } from '../../packages/evidence/test/journal-world.ts'
import { testSigner } from '../../packages/evidence/test/test-crypto.ts'
import { TestWorld } from '../../packages/evidence/test/world.ts'
import { writeZip } from '../../provisioning/test/verification/zip-writer.ts'
import {
  altered,
  content,
  deposit,
  entries,
  flipped,
  relisted,
  replaced,
  stranger,
  trusted,
  world,
  type BundleCase,
} from './bundle-cases.ts'

// Cases of who signed what: the journal's key, witnesses, the centre's audit, authorities of time-stamps and of seals.

type Changes = Parameters<TestWorld['bundle']>[1]
const genTime = '2026-03-01T12:00:01.600Z'

function signed(what: string, changes: Changes, rest: Partial<BundleCase> = {}): BundleCase {
  return { what, zip: writeZip(world.bundle(deposit, changes)), anchors: trusted, ...rest }
}

function* witnessed(): Generator<BundleCase> {
  const note = world.journal.checkpoint()
  const [ed25519, mlDsa] = world.witnesses
  if (ed25519 === undefined || mlDsa === undefined) throw new Error('no witnesses')
  const plain = { checkpointNote: note }
  yield signed('no cosignature', plain, { expected: 'valid' })
  yield signed('none, and required', plain, { expected: 'cannot-tell', requireWitness: 1 })
  for (const seconds of [0, 1, 1_772_366_700, 4_102_444_800]) {
    const checkpointNote = cosign(note, ed25519, seconds)
    yield signed(`cosigned at ${seconds}`, { checkpointNote }, { requireWitness: 1 })
  }
  yield signed(
    'cosigned twice by one',
    { checkpointNote: cosign(cosign(note, ed25519, 5), ed25519, 6) },
    { expected: 'valid', requireWitness: 1 },
  )
  const both = { checkpointNote: cosign(cosign(note, ed25519, 5), mlDsa, 6) }
  yield signed('two keys of one witness', both, { expected: 'valid', requireWitness: 1 })
  yield signed('two keys, and two required', both, { expected: 'cannot-tell', requireWitness: 2 })
  const second = testSigner('other.example/w', 4)
  const ofTwo = { checkpointNote: cosign(cosign(note, ed25519, 5), second, 7) }
  const vkeys = `${fromUtf8(trusted.get('witness.vkeys') ?? new Uint8Array())}${vkeyOf(second)}\n`
  const anchors = new Map([...trusted, ['witness.vkeys', utf8(vkeys)]])
  for (const [requireWitness, expected] of [
    [1, 'valid'],
    [2, 'valid'],
    [3, 'cannot-tell'],
  ] as const)
    yield signed(`by two of ${requireWitness}`, ofTwo, { expected, anchors, requireWitness })
  yield signed('the second unknown', ofTwo, { expected: 'cannot-tell', requireWitness: 2 })
  const spoilt = { checkpointNote: falsified(ofTwo.checkpointNote) }
  yield signed('the second false', spoilt, { expected: 'invalid', anchors })
  const unknown = cosign(note, testSigner('someone', 4), 5)
  yield signed('cosigned by somebody', { checkpointNote: unknown }, { expected: 'valid' })
  yield signed(
    'by somebody, and required',
    { checkpointNote: unknown },
    { expected: 'cannot-tell', requireWitness: 1 },
  )
  const false_ = falsified(cosign(note, ed25519, 5))
  yield signed('a false cosignature', { checkpointNote: false_ }, { expected: 'invalid' })
  const foreign = signNote(note.slice(0, note.indexOf('\n\n') + 1), testSigner('box-9/1', 2))
  yield signed('signed by another journal alone', { checkpointNote: foreign })
  const line = foreign.slice(foreign.indexOf('\n\n') + 2)
  yield signed('signed by another journal as well', { checkpointNote: note + line })
  yield signed('signed twice by the journal', {
    checkpointNote: note + world.journal.checkpoint().slice(note.indexOf('\n\n') + 2),
  })
}

const vkeyOf = ({ key: { name, type, publicKey } }: ReturnType<typeof testSigner>): string =>
  formatVkey(name, type, publicKey, nodeCrypto)

/** Another signature in the last line. */
function falsified(note: string): string {
  return note.replace(
    /(\S)(\S{20}\n)$/,
    (_, each: string, end: string) => (each === 'A' ? 'B' : 'A') + end,
  )
}

function* audited(): Generator<BundleCase> {
  const { size, origin } = world.journal
  const receipt = (size: number, root = world.journal.root(size), of = origin) =>
    signNote(
      `probant.audit/v1\n${of}\n${size}\n${Buffer.from(root).toString('base64')}\n2026-03-02T03:00:00.000Z\n`,
      world.auditor,
    )
  const zeros = new Uint8Array(32)
  yield signed('no audit receipt', { auditReceipt: undefined }, { expected: 'valid' })
  yield signed('audited at a smaller size', { auditReceipt: receipt(size - 1) })
  yield signed('audited before the traces', { auditReceipt: receipt(1) })
  yield signed('audited between the traces', {
    auditReceipt: receipt((deposit.seqs[0] ?? 0) + 1),
  })
  yield signed('audited beyond the checkpoint', { auditReceipt: receipt(size + 9, zeros) })
  yield signed('audited, another root', { auditReceipt: receipt(size, zeros) })
  yield signed('audited, another journal', { auditReceipt: receipt(size, undefined, 'box-9/1') })
  const good = receipt(size)
  yield signed('audited by somebody', {
    auditReceipt: signNote(good.slice(0, good.indexOf('\n\n') + 1), testSigner('x/audit', 1)),
  })
  yield signed('an audit receipt without its end', {
    auditReceipt: good.replace(/\d\d:\d\d:\d\d/, ''),
  })
  yield signed('a false audit receipt', { auditReceipt: falsified(good) }, { expected: 'invalid' })
}

function* proofs(): Generator<BundleCase> {
  const [a = 0, b = 0] = deposit.seqs
  const of = (what: string, changes: Parameters<typeof altered>[0], expected?: string) => ({
    what,
    zip: writeZip(relisted(altered(changes))),
    anchors: trusted,
    ...(expected === undefined ? {} : { expected }),
  })
  const other = entries.find(({ name }) => name === `traces/${b}.tlog-proof`)
  if (other === undefined) throw new Error('no second trace')
  const proof = `traces/${a}.tlog-proof`
  yield of("another leaf's path", { [proof]: () => other.bytes }, 'invalid')
  const index = replaced(/index \d+/, `index ${a}`)
  yield of("another leaf's path, renamed", { [proof]: () => index(other.bytes) }, 'invalid')
  yield of('a path with a hash too many', { [proof]: replaced(/(index \d+\n)(\S+\n)/, '$1$2$2') })
  yield of('a path with a hash too few', { [proof]: replaced(/(index \d+\n)\S+\n/, '$1') })
  yield of('a proof under fewer signatures', { [proof]: replaced(/\n— [^\n]*\n$/, '\n') })
  yield of('a proof with an extra line', { [proof]: replaced('index', 'extra eA==\nindex') })
  yield of('an index with a zero before', { [proof]: replaced('index ', 'index 0') })
  const note = replaced(/^/, 'x')
  yield of('a checkpoint of another name', {
    'checkpoint.txt': note,
    [proof]: replaced('\n\n', '\n\nx'),
  })
  for (const name of ['lat.json', 'statement.json', 'openings.json', `traces/${a}.json`]) {
    yield of(`${name} with a line at its end`, { [name]: replaced(/$/, '\n') })
    yield of(`${name} of format 2`, { [name]: replaced(/$|"format":1/, '"format":2') })
  }
  yield of('another algorithm of the LAT', { 'lat.json': replaced('ecdsa-p256-sha256', 'x') })
  for (const name of ['certificates/lat.pem', 'certificates/tsa.pem']) {
    const theirs = stranger
      .anchorFiles()
      .get(name === 'certificates/lat.pem' ? 'lat.pem' : 'tsa.pem')
    yield of(`${name} of a stranger`, { [name]: () => theirs ?? null })
    yield of(`${name} that is text`, { [name]: () => utf8('x') })
  }
}

/** Bundles of a world of their own, whose authorities are wrong in one way. */
async function* stamped(): AsyncGenerator<BundleCase> {
  const cases: [string, Partial<CertificateOptions>, string?][] = [
    ['in order', {}, 'valid'],
    ['expired before', { notAfter: '2026-02-01T00:00:00Z' }],
    ['not valid yet', { notBefore: '2026-04-01T00:00:00Z' }],
    ['for another purpose', { purposes: ['1.3.6.1.5.5.7.3.36'] }],
    ['for a second purpose', { purposes: [timeStamping, '1.3.6.1.5.5.7.3.36'] }],
    ['whose purpose is not critical', { purposesCritical: false }],
    ['without a purpose', { purposes: [] }],
    ['with another key usage', { keyUsage: 0x20 }],
    ['without a key usage', { keyUsage: null }],
    ['with an unknown critical extension', { criticalExtension: '1.2.3.4' }],
    ['that is an authority', { authority: true, keyUsage: 0x84 }],
  ]
  for (const [what, options, expected] of cases) {
    const made = await TestWorld.create()
    const authority = await makeCertificate({
      ...{ name: 'TSA', issuer: made.root, purposes: [timeStamping] },
      ...options,
    })
    const its = new TestWorld(made.root, authority)
    its.journal.append()
    yield await ofWorld(`an authority ${what}`, its, expected)
  }
  const forged = await makeCertificate({
    ...{ name: 'TSA', issuer: world.root, purposes: [timeStamping] },
    forgedBy: stranger.root.privateKey,
  })
  const its = new TestWorld(world.root, forged)
  its.journal.append()
  yield await ofWorld('an authority of its own making', its)
  const named = await makeCertificate({ name: world.root.name, authority: true })
  const under = await makeCertificate({ name: 'TSA', issuer: named, purposes: [timeStamping] })
  const same = new TestWorld(world.root, under)
  same.journal.append()
  yield await ofWorld('an authority under a root of the same name', same)
  const elsewhere = new TestWorld(world.root, stranger.authority)
  elsewhere.journal.append()
  yield await ofWorld('an authority under another root', elsewhere)
  for (const each of ['notAfter', 'notBefore'] as const) {
    const root = await makeCertificate({ name: 'R', authority: true, [each]: genTime })
    const below = await makeCertificate({ name: 'TSA', issuer: root, purposes: [timeStamping] })
    const expired = new TestWorld(root, below)
    expired.journal.append()
    yield await ofWorld(`a root at the edge of its ${each}`, expired)
  }
}

async function ofWorld(
  what: string,
  its: TestWorld,
  expected?: string,
  more: Iterable<readonly [string, Uint8Array]> = [],
): Promise<BundleCase> {
  return {
    what,
    zip: writeZip(its.bundle(await its.deposit([utf8(content)]))),
    anchors: new Map([...its.anchorFiles(), ...more]),
    ...(expected === undefined ? {} : { expected }),
  }
}

async function* sealed(): AsyncGenerator<BundleCase> {
  const root = await makeCertificate({ name: 'Seal root', authority: true })
  const issuing = await makeCertificate({ name: 'Issuing', issuer: root, authority: true })
  const anchor = (certificate: TestCertificate): [string, Uint8Array] => [
    'seal.pem',
    utf8(pem(certificate.der)),
  ]
  const cases: [string, Partial<CertificateOptions>, Partial<SealOptions>, string?][] = [
    ['in order', {}, {}, 'valid'],
    ['for documents', { purposes: ['1.3.6.1.5.5.7.3.36'] }, {}, 'valid'],
    ['for time-stamping', { purposes: [timeStamping] }, {}, 'invalid'],
    ['for several purposes', { purposes: [timeStamping, '1.3.6.1.5.5.7.3.36'] }, {}],
    ['without key usage', { keyUsage: null }, {}, 'invalid'],
    ['with a key usage beside', { keyUsage: 0xa0 }, {}, 'invalid'],
    ['by an authority', { authority: true, keyUsage: 0x80 }, {}, 'invalid'],
    ['expired', { notAfter: '2026-02-01T00:00:00Z' }, {}, 'invalid'],
    ['with an unknown critical extension', { criticalExtension: '1.2.3.4' }, {}],
    ['without signingCertificate', {}, { signingCertificate: 'none' }, 'invalid'],
    ['with signingCertificate of version 1', {}, { signingCertificate: 'v1' }],
    ['with an unknown digest of it', {}, { signingCertificate: 'v2-unknown-hash' }],
    ['naming another certificate', {}, { namedCertificate: issuing }, 'invalid'],
    ['of another digest', {}, { messageDigest: new Uint8Array(32) }, 'invalid'],
    ['of another content type', {}, { contentType: '1.2.3' }, 'invalid'],
    ['signed by another key', {}, { signWith: issuing.privateKey }, 'invalid'],
    ['attached', {}, { attached: true }, 'invalid'],
    ['alone', {}, { certificates: [] }],
  ]
  for (const [what, certificateOptions, options, expected] of cases) {
    const its = await TestWorld.create()
    const certificate = await makeCertificate({
      name: 'Mairie',
      issuer: issuing,
      ...certificateOptions,
    })
    const certificates = [certificate, issuing]
    its.seal = (bytes) => makeSeal(bytes, { certificate, certificates, genTime, ...options })
    const made = await ofWorld(`a seal ${what}`, its, expected, [anchor(root)]).catch(
      () => undefined,
    )
    if (made === undefined) continue
    yield made
    if (what !== 'in order') continue
    const list = its.bundle(await its.deposit([utf8(content)]))
    const anchors = new Map([...its.anchorFiles(), anchor(root)])
    const zip = writeZip(list)
    yield { what: 'a seal without its root', zip, anchors: its.anchorFiles(), expected: 'valid' }
    yield {
      what: "a seal under a stranger's root",
      zip,
      anchors: new Map([...anchors, anchor(stranger.root)]),
    }
    for (const name of ['blocks/seal-signature', 'blocks/seal-certificates']) {
      const changed = relisted(altered({ [name]: flipped(900) }, list), list)
      yield { what: `${name} altered`, zip: writeZip(changed), anchors }
      const gone = relisted(altered({ [name]: () => null }, list), list)
      yield { what: `${name} gone`, zip: writeZip(gone), anchors }
      const type = name.slice('blocks/'.length)
      const named = new RegExp(
        `(,?)\\{"content":\\{"entry":"${name}"\\}[^}]*"type":"${type}"[^}]*\\}(,?)`,
      )
      const unnamed = altered({ 'manifest.json': replaced(named, fromUtf8(utf8(''))) }, gone)
      yield { what: `${name} neither there nor named`, zip: writeZip(tidy(unnamed)), anchors }
    }
  }
}

/** Takes away the comma that a block left out leaves behind. */
function tidy(list: ReturnType<typeof altered>): ReturnType<typeof altered> {
  return altered(
    {
      'manifest.json': (bytes) =>
        utf8(fromUtf8(bytes).replace('"blocks":[,', '"blocks":[').replace('},]', '}]')),
    },
    list,
  )
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

export async function* signedCases(): AsyncGenerator<BundleCase> {
  yield* witnessed()
  yield* audited()
  yield* proofs()
  yield* stamped()
  yield* sealed()
}
