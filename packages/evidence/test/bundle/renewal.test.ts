import t from 'tap'
import {
  datedGroup,
  formatEvidenceRecord,
  memorySource,
  parseAnchors,
  utf8,
  verifyBundle,
  type BundleReport,
  type Dating,
} from '../../src/index.ts'
import { makeList } from '../authority.ts'
import { testCrypto as crypto } from '../test-crypto.ts'
import { bytesIn, forged } from './forgery.ts'
import * as made from './renewed.ts'

async function report(
  dating: Dating | undefined,
  at: string | undefined,
  retired?: string,
): Promise<BundleReport> {
  const anchors = parseAnchors(made.anchorFiles(retired), crypto)
  const atMs = at === undefined ? undefined : Date.parse(`${at}T00:00:00Z`)
  return verifyBundle(crypto, memorySource(made.bundled({ dating })), anchors, { atMs })
}

/** The whole, then dating, renewal and algorithms, and the state. */
async function answer(...parameters: Parameters<typeof report>): Promise<string> {
  const { verdict, checks, facts } = await report(...parameters)
  const said = ['dating', 'renewal', 'algorithms'].map((name) => {
    const found = checks.find((check) => check.name === name)?.verdict
    return found?.status === 'invalid' ? found.code : (found?.status ?? 'none')
  })
  return [verdict.status, ...said, facts?.state ?? 'nothing'].join(' ')
}

const bare = await made.dating()
const in2029 = await made.dating(made.record2029)
const in2034 = await made.dating(made.record2034)

void t.test(
  'years pass: what was renewed in time holds, and says through what chain',
  async (t) => {
    const { facts: undated } = await report(undefined, '2041-01-01')
    t.match(undated?.ended, [{ signed: 'token', isDatedBefore: false }], 'never dated')
    t.equal(await answer(bare, '2027-01-01'), 'valid valid none none dated')
    t.equal(await answer(bare, '2031-01-01'), 'valid cannot-tell none none witnessed')
    t.equal(await answer(in2029, '2031-01-01'), 'valid valid valid none dated')
    t.equal(await answer(in2029, '2034-01-01'), 'valid valid valid valid dated')
    t.equal(
      await answer(in2029, '2041-01-01'),
      'cannot-tell cannot-tell cannot-tell cannot-tell witnessed',
    )
    t.equal(await answer(in2034, '2041-01-01'), 'valid valid valid valid dated')
    t.match(await report(in2034, '2041-01-01'), {
      at: '2041-01-01T00:00:00.000Z',
      facts: {
        isDatedBySha3: true,
        ended: [
          {
            signed: 'token',
            name: 'CN=Test TSA',
            end: '2040-01-01T00:00:00.000Z',
            isDatedBefore: true,
          },
        ],
        datings: [
          {
            status: 'valid',
            time: '2026-03-01T12:00:00.000Z',
            chain: [
              { kind: 'first', authority: 'CN=TSA until 2030' },
              { kind: 'time-stamp-renewal', authority: 'CN=TSA until 2040' },
              { kind: 'hash-tree-renewal', holdsUntil: '2049-01-01T00:00:00.000Z' },
            ],
          },
        ],
      },
    })
  },
)

void t.test(
  'SHA-256 retired: without a chain that does not rest on it, nobody can tell',
  async (t) => {
    const missing = async (...parameters: Parameters<typeof report>) => {
      const { verdict, checks } = await report(...parameters)
      const found = checks.find(({ name }) => name === 'algorithms')?.verdict
      t.equal(verdict.status, 'cannot-tell')
      return found?.status === 'cannot-tell' ? found.missing : ''
    }
    t.match(
      await missing(undefined, '2034-01-01'),
      /outside from before \(sha256, ecdsa-p256-sha256 retired since 2033/,
    )
    const { sha3Path: _none, ...pathless } = in2034
    t.match(await missing(pathless, '2034-06-01'), /SHA3-256 path/)
    t.match(await missing(bare, '2034-01-01'), /a renewal before 2030/)
    t.match(
      await missing(in2034, '2035-01-01', 'sha256 2026-02-01\n'),
      /a renewal before 2026-02-01/,
    )
    const both = 'sha256 2033-01-01\nsha3-256 2034-01-01\n'
    t.match(await missing(in2034, '2035-01-01', both), /a tree over the traces by another digest/)
    t.equal(await answer(in2034, '2032-12-31'), 'valid valid valid none dated', 'a day before')
    t.equal(
      await answer(in2034, '2041-01-01', ''),
      'valid valid valid none dated',
      'nothing retired',
    )
    t.equal(await answer(in2034, undefined), 'valid valid valid none dated', 'no time given')
    const curve = 'ecdsa-p256 2033-01-01\n'
    t.equal(
      await answer({ ...in2034, sha3Path: [] }, '2035-01-01', curve),
      'valid valid valid valid dated',
      'the tree by SHA-256 still leads there',
    )
  },
)

void t.test('only what the box signed later is in doubt then', async (t) => {
  const { notProved } = await report(in2034, '2041-01-01')
  t.ok(notProved.includes('later-acts-rest-on-retired'))
  t.notOk((await report(in2034, '2031-01-01')).notProved.includes('later-acts-rest-on-retired'))
})

void t.test('what does not fit is invalid', async (t) => {
  const at = '2035-01-01'
  const [token] = in2034.tokens
  const withRecord = (record: Uint8Array): Dating => ({
    ...in2034,
    tokens: token?.renewal ? [{ ...token, renewal: { ...token.renewal, record } }] : [],
  })
  const last = { ...made.record2034, chains: made.record2034.chains.slice(1) }
  t.match(
    await answer(withRecord(formatEvidenceRecord(last)), at),
    /^invalid not-in-record not-in-record/,
  )
  t.match(await answer(withRecord(utf8('no record')), at), /^invalid malformed-record malformed/)
  const other = await made.first.token(2026, crypto.hash('sha512', utf8('x')))
  const [[stamp] = []] = made.record2029.chains
  const twin = await made.first.token(2026, datedGroup(crypto, made.checkpoint, made.seal).imprint)
  const another = { ...made.record2026, chains: [stamp ? [{ ...stamp, timeStamp: twin }] : []] }
  t.match(
    await answer(withRecord(formatEvidenceRecord(another)), at),
    /^invalid bad-renewal bad-renewal/,
  )
  const elsewhere = { ...made.record2026, chains: [stamp ? [{ ...stamp, timeStamp: other }] : []] }
  t.match(await answer(withRecord(formatEvidenceRecord(elsewhere)), at), /^invalid wrong-imprint/)
  t.match(
    await answer({ ...in2034, sha3Path: in2034.sha3Path?.slice(1) }, at),
    /^invalid bad-dating/,
  )
  const unknown = withRecord(formatEvidenceRecord(made.record2034).with(6, 2))
  t.match(
    await answer(unknown, '2028-01-01'),
    /^valid valid cannot-tell none dated/,
    'of a later version',
  )
})

void t.test('any changed byte of a renewal or a path is found', async (t) => {
  const bundle = made.bundled({ dating: in2034 })
  const anchors = parseAnchors(made.anchorFiles(), crypto)
  for (const name of ['blocks/renewal-1', 'blocks/dated-sha3-path']) {
    const bytes = bytesIn(bundle, name)
    t.ok(bytes.length > 0, name)
    for (let at = 0; at < bytes.length; at += 53) {
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ 1)
      const source = memorySource(forged(bundle, name, changed))
      const options = { atMs: Date.parse('2041-01-01T00:00:00Z') }
      const { verdict } = await verifyBundle(crypto, source, anchors, options)
      // The last token's CMS has parts that nothing signs until the next renewal.
      if (verdict.status === 'valid' && at < bytes.length - 1600) t.fail(`${name}, byte ${at}`)
    }
  }
})

void t.test('blocks that name a renewal of no token', async (t) => {
  const block = (critical: boolean, entry: string) => ({
    type: 'renewal',
    version: 1,
    critical,
    content: { entry },
  })
  const verdictOf = async (input: Parameters<typeof made.bundled>[0]) => {
    const anchors = parseAnchors(made.anchorFiles(), crypto)
    return (await verifyBundle(crypto, memorySource(made.bundled(input)), anchors)).verdict
  }
  const blockContents = new Map([['blocks/more', utf8('more')]])
  t.match(await verdictOf({ blocks: [block(false, 'blocks/more')], blockContents }), {
    code: 'bad-renewal',
    where: 'blocks/more',
  })
  const [renewed, alone] = [...in2034.tokens, ...bare.tokens]
  const tokens = renewed && alone ? [renewed, alone] : []
  t.match(await verdictOf({ dating: { ...in2034, tokens } }), { status: 'valid' }, 'one of two')
  const ofOther = {
    dating: { ...in2034, tokens },
    blocks: [block(false, 'blocks/renewal-2')],
    blockContents: new Map([['blocks/renewal-2', utf8('no record')]]),
  }
  t.match(await verdictOf(ofOther), { status: 'invalid' }, 'what names the second renews it')
  const critical = { dating: in2034, blocks: [block(true, 'blocks/renewal-1')] }
  t.match(await verdictOf(critical), { status: 'valid' })
})

void t.test('an authority that needs no SHA-256, and its lists', async (t) => {
  const { imprint } = datedGroup(crypto, made.checkpoint, made.seal)
  const token = await made.third.token(2026, imprint)
  const strong = { ...bare, tokens: [{ token, certificates: [], lists: [] }] }
  const certificates = [made.third.certificate.der]
  const list = await makeList({ issuer: made.third.root })
  const listed = { ...strong, tokens: [{ token, certificates, lists: [list] }] }
  t.equal(await answer(listed, '2034-01-01'), 'valid valid none valid dated')
  const { facts } = await report(listed, '2034-01-01')
  t.equal(facts?.datings[0]?.isRevocationChecked, true)
  const { checks } = await report(listed, '2034-01-01', 'sha256 2026-02-01\n')
  t.match(checks.find(({ name }) => name === 'algorithms')?.verdict, {
    status: 'cannot-tell',
    missing: /outside from before \(sha256, .* since 2026-02-01/,
  })
  const revoked = await makeList({
    issuer: made.second.root,
    nextUpdate: '2029-04-01T00:00:00Z',
    revoked: [{ certificate: made.second.certificate, at: '2029-01-01T00:00:00Z' }],
  })
  const [renewed] = in2034.tokens
  const renewal = renewed?.renewal && { ...renewed.renewal, lists: [revoked] }
  const spoiled = { ...in2034, tokens: renewed ? [{ ...renewed, renewal }] : [] }
  t.match(await answer(spoiled, '2035-01-01'), /^invalid revoked revoked/)
})

void t.test('without the box’s own authority among the anchors', async (t) => {
  const files = made.anchorFiles()
  files.delete('tsa.pem')
  const anchors = parseAnchors(files, crypto)
  const source = memorySource(made.bundled({ dating: in2034 }))
  const { verdict, checks } = await verifyBundle(crypto, source, anchors, {
    atMs: Date.parse('2041-01-01'),
  })
  t.equal(verdict.status, 'cannot-tell')
  t.equal(checks.find(({ name }) => name === 'algorithms')?.verdict.status, 'valid')
})
