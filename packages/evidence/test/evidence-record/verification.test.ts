import fc from 'fast-check'
import t from 'tap'
import {
  buildHashTree,
  datedGroup,
  firstRecord,
  formatEvidenceRecord,
  hashTreeRenewalHashes,
  lastAlgorithm,
  parseEvidenceRecord,
  renewed,
  timeStampRenewalHash,
  utf8,
  verifyEvidenceRecord,
} from '../../src/index.ts'
import type { EvidenceRecord, RecordExpectation, RecordVerification } from '../../src/index.ts'
import { checkProperty } from '../property.ts'
import { withoutAlgorithm, testCrypto as crypto } from '../test-crypto.ts'
import { Authority } from './authorities.ts'

const objects = [utf8('a checkpoint'), utf8('a seal')]
const [checkpoint = utf8(''), seal = utf8('')] = objects
const first = await Authority.until(2030)
const second = await Authority.until(2040)
const third = await Authority.until(2049)
const roots = [first, second, third].map(({ root }) => root.der)
const ms = (year: number): number => Date.parse(`${year}-01-01T00:00:00Z`)
const day = (year: number): string => `${year}-01-01T00:00:00.000Z`

const dated = firstRecord(
  crypto,
  objects,
  await first.token(2026, datedGroup(crypto, checkpoint, seal).imprint),
)

/** The same record, renewed by a token over a tree with other records' leaves. */
async function stampedAgain(
  record: EvidenceRecord,
  by: Authority,
  year: number,
  algorithm?: 'sha512' | 'sha3-512',
  others = 3,
): Promise<EvidenceRecord> {
  const kind = algorithm === undefined ? 'time-stamp-renewal' : 'hash-tree-renewal'
  const name = algorithm ?? 'sha512'
  const group =
    algorithm === undefined
      ? [timeStampRenewalHash(crypto, record)]
      : hashTreeRenewalHashes(crypto, record, objects, algorithm)
  const strangers = Array.from({ length: others }, (_, at) => [crypto.hash(name, utf8(`${at}`))])
  const tree = buildHashTree(crypto, name, [...strangers, group])
  const token = await by.token(year, tree.root, name)
  const reducedHashtree = tree.reduced[others] ?? []
  return renewed(record, { kind, algorithm: name, reducedHashtree, token })
}

const once = await stampedAgain(dated, second, 2029)
const twice = await stampedAgain(once, third, 2039, 'sha3-512')

function verify(
  record: EvidenceRecord,
  changes: Partial<RecordExpectation> = {},
): Promise<RecordVerification> {
  const expected = { objects, roots, ...changes }
  return verifyEvidenceRecord(crypto, formatEvidenceRecord(record), expected)
}

async function answer(...parameters: Parameters<typeof verify>): Promise<string> {
  const { verdict } = await verify(...parameters)
  if (verdict.status === 'valid') return 'valid'
  return verdict.status === 'invalid' ? verdict.code : verdict.missing
}

void t.test(
  'a record holds from one time-stamp to the next, and says through what chain',
  async (t) => {
    t.equal(await answer(dated, { atMs: ms(2029) }), 'valid')
    t.equal(
      await answer(dated, { atMs: ms(2031) }),
      `a renewal before ${day(2030)}, when the path of CN=TSA until 2030 ended`,
    )
    t.equal(await answer(once, { atMs: ms(2031) }), 'valid')
    t.match(await answer(once, { atMs: ms(2041) }), /renewal before 2040.*TSA until 2040/)
    t.match(await verify(twice, { atMs: ms(2041) }), {
      verdict: { status: 'valid' },
      timeStamps: [
        {
          kind: 'first',
          status: 'valid',
          time: '2026-03-01T12:00:00.000Z',
          authority: 'CN=TSA until 2030',
          policy: '1.3.6.1.4.1.99999.1',
          algorithms: ['sha512', 'sha256', 'ecdsa-p256-sha256'],
          holdsUntil: day(2030),
          isRevocationChecked: false,
        },
        { kind: 'time-stamp-renewal', time: '2029-03-01T12:00:00.000Z', holdsUntil: day(2040) },
        { kind: 'hash-tree-renewal', algorithms: ['sha3-512', 'sha256', 'ecdsa-p256-sha256'] },
      ],
    })
    t.equal(await answer(twice), 'valid', 'without a time, as of the last time-stamp')
    t.equal(await answer(twice, { atMs: 0 }), 'valid', 'nor before it')
    const late = await stampedAgain(dated, second, 2031)
    t.match(await answer(late), /a renewal before 2030/, 'renewed when it was too late')
  },
)

void t.test('what was retired has to be renewed before', async (t) => {
  const retired = (name: string, year: number) => new Map([[name, ms(year)]])
  const at = { atMs: ms(2045) }
  t.equal(await answer(twice, { ...at, retired: retired('sha512', 2040) }), 'valid')
  t.equal(await answer(twice, { ...at, retired: retired('sha512', 2046) }), 'valid')
  t.equal(
    await answer(twice, { ...at, retired: retired('sha512', 2035) }),
    `a renewal before ${day(2035)}, when sha512 was retired`,
  )
  t.match(await answer(twice, { ...at, retired: retired('sha3-512', 2040) }), /sha3-512/)
  t.match(await answer(twice, { ...at, retired: retired('ecdsa-p256', 2040) }), /ecdsa-p256-sha256/)
  t.match(await answer(twice, { ...at, retired: retired('sha256', 2040) }), /when sha256 was/)
  t.equal(await answer(twice, { ...at, retired: retired('rsa', 2020) }), 'valid')
})

void t.test('only authorities that were given count', async (t) => {
  const [root = utf8('')] = roots
  t.match(await answer(twice, { roots: [root] }), /a root of an authority outside/)
  t.match(await answer(twice, { roots: [] }), /a root of/)
  const blind = await verifyEvidenceRecord(
    withoutAlgorithm('ecdsa-p256-sha256'),
    formatEvidenceRecord(twice),
    { objects, roots },
  )
  t.equal(blind.verdict.status, 'cannot-tell')
})

void t.test('what does not fit is invalid', async (t) => {
  const [one = checkpoint, other = checkpoint] = objects
  t.equal(await answer(twice, { objects: [one, utf8('another seal')] }), 'not-in-record')
  t.equal(await answer(twice, { objects: [one] }), 'valid', 'one of the group alone')
  t.equal(await answer(twice, { objects: [] }), 'not-in-record')
  t.equal(await answer(twice, { objects: [other] }), 'valid')
  const stranger = await stampedAgain(
    firstRecord(crypto, [utf8('x')], await first.token(2026, crypto.hash('sha512', utf8('x')))),
    second,
    2029,
  )
  const [chain = []] = stranger.chains
  const mixed = { ...dated, chains: [[...(dated.chains[0] ?? []), ...chain.slice(1)]] }
  t.equal(await answer(mixed), 'bad-renewal', "another record's renewal")
  t.equal(await answer(stranger, { objects: [utf8('x')] }), 'valid')
  t.equal(await answer(await stampedAgain(dated, second, 2025)), 'wrong-order')
  const other512 = await stampedAgain(once, third, 2039, 'sha3-512')
  const joined = { ...other512, chains: [other512.chains.flat()] }
  t.equal(await answer(joined), 'bad-renewal', 'a chain that goes on with another digest')
  t.equal(
    await answer({ ...dated, digestAlgorithms: twice.digestAlgorithms }),
    'bad-record',
    'names what it does not use',
  )
  const [stamp] = dated.chains.flat()
  const cut = stamp && {
    ...stamp,
    reducedHashtree: [stamp.reducedHashtree.flat(), [utf8('short')]],
  }
  t.equal(await answer({ ...dated, chains: [cut ? [cut] : []] }), 'not-in-record')
  const bare = stamp && { ...stamp, reducedHashtree: [] }
  t.equal(await answer({ ...dated, chains: [bare ? [bare] : []] }), 'not-in-record')
  t.match((await verifyEvidenceRecord(crypto, utf8('x'), { objects, roots })).verdict, {
    code: 'malformed-record',
  })
})

void t.test('a token over something else makes no record', async (t) => {
  const token = await first.token(2026, crypto.hash('sha512', utf8('else')))
  t.throws(() => firstRecord(crypto, objects, token), { code: 'malformed-record' })
  t.throws(() => renewed(dated, { ...renewal, token: utf8('no token') }), {
    code: 'malformed-record',
  })
  t.throws(() => lastAlgorithm({ ...dated, chains: [] }), { code: 'malformed-record' })
})
const renewal = {
  kind: 'time-stamp-renewal',
  algorithm: 'sha512',
  reducedHashtree: [],
} as const

void t.test('any flipped bit of a record', async (t) => {
  const bytes = formatEvidenceRecord(twice)
  const honest = await verify(twice, { atMs: ms(2041) })
  const last = twice.chains.flat().at(-1)?.timeStamp.length ?? 0
  const property = fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (index, bit) => {
    const changed = Uint8Array.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ (1 << bit)
    const found = await verifyEvidenceRecord(crypto, changed, { objects, roots, atMs: ms(2041) })
    if (found.verdict.status !== 'valid') return
    // Only the last token has parts that nothing signs yet: the next renewal does. They say nothing that is believed.
    if (index < bytes.length - last) throw new Error(`byte ${index}`)
    t.same(found.timeStamps.at(-1)?.time, honest.timeStamps.at(-1)?.time)
  })
  await checkProperty(t, property, 100)
})

void t.test('a tree of many: each record is renewed by its part', async (t) => {
  for (const others of [0, 1, 2, 6]) {
    t.equal(await answer(await stampedAgain(dated, second, 2029, undefined, others)), 'valid')
    t.equal(await answer(await stampedAgain(once, third, 2039, 'sha512', others)), 'valid')
  }
  t.throws(() => buildHashTree(crypto, 'sha512', []), { code: 'malformed-record' })
  t.throws(() => buildHashTree(crypto, 'sha512', [[]]), { code: 'malformed-record' })
})

void t.test('a record with too many time-stamps', (t) => {
  const [stamp] = dated.chains.flat()
  const many = {
    ...dated,
    chains: [Array.from({ length: 101 }, () => stamp).flatMap((s) => s ?? [])],
  }
  t.throws(() => parseEvidenceRecord(formatEvidenceRecord(many)), { code: 'malformed-record' })
  t.throws(() => parseEvidenceRecord(new Uint8Array(3_000_000)), { code: 'too-large' })
  t.end()
})
