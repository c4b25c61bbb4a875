import t from 'tap'
import {
  consistencyProof,
  datedGroup,
  datingEntry,
  fromUtf8,
  memorySource,
  toHex,
  treeRoot,
  utf8,
  verifyBundle,
} from '../src/index.ts'
import type { Anchors, BundleReport, Dating } from '../src/index.ts'
import { makeAuthority, makeToken } from './authority.ts'
import { bytesIn, forged } from './bundle/forgery.ts'
import { testCrypto as crypto } from './test-crypto.ts'
import { TestWorld } from './world.ts'

const sha512 = '2.16.840.1.101.3.4.2.3'
const world = await TestWorld.create()
const deposit = await world.deposit()
const { journal } = world
const outside = await makeAuthority()
const anchors: Anchors = { ...world.anchors(), outsideTsaRoots: [outside.root.der] }

/** What dates the journal at a size, by the authority outside unless another is given. */
async function dating(
  size: number,
  by = outside.certificate,
  changes: Partial<Dating> = {},
): Promise<Dating> {
  const checkpoint = changes.checkpoint ?? utf8(journal.checkpoint(size))
  const seal = changes.seal ?? journal.traces[sealSeq] ?? new Uint8Array(0)
  const token = await makeToken({
    imprint: datedGroup(crypto, checkpoint, seal).imprint,
    imprintAlgorithm: sha512,
    certificate: by,
    genTime: '2026-03-01T13:00:00.000Z',
  })
  const sizes = [size, journal.size].toSorted((a, b) => a - b)
  const consistency = await consistencyProof(
    crypto,
    {
      node: (level, index) =>
        treeRoot(crypto, journal.leaves.slice(index << level, (index + 1) << level)),
    },
    sizes[0] ?? 0,
    sizes[1] ?? 0,
  )
  const tokens = [{ token, certificates: [by.der], lists: [] }]
  return { checkpoint, seal, consistency, tokens, ...changes }
}

// The deposit's own seal, then acts that came later.
const sealSeq = journal.size - 1
const stampedSize = journal.size
journal.append()
journal.append()

async function report(given: Dating, trusted = anchors): Promise<BundleReport> {
  return verifyBundle(crypto, memorySource(world.bundle(deposit, { dating: given })), trusted)
}

/** Status of the dating, of the whole, and the state. */
async function answer(given: Dating, trusted = anchors): Promise<string[]> {
  const { verdict, checks, facts } = await report(given, trusted)
  const dated = checks.find(({ name }) => name === 'dating')?.verdict
  const said = dated?.status === 'invalid' ? dated.code : (dated?.status ?? 'none')
  return [said, verdict.status, facts?.state ?? 'nothing']
}

void t.test('the group is that of RFC 4998, in the order of the digests', (t) => {
  const [a, b] = [utf8('one'), utf8('another')]
  t.same(datedGroup(crypto, a, b), datedGroup(crypto, b, a))
  const digests = [a, b].map((each) => toHex(crypto.hash('sha512', each))).toSorted()
  t.equal(toHex(datedGroup(crypto, a, b).bytes), digests.join(''))
  t.end()
})

void t.test('a token outside dates a deposit', async (t) => {
  t.same(await answer(await dating(stampedSize)), ['valid', 'valid', 'dated'], 'before')
  t.same(await answer(await dating(journal.size)), ['valid', 'valid', 'dated'], 'the same head')
  t.match(await report(await dating(stampedSize)), {
    facts: {
      datings: [
        {
          status: 'valid',
          time: '2026-03-01T13:00:00.000Z',
          authority: 'CN=Test TSA',
          isRevocationChecked: false,
        },
      ],
    },
  })
})

void t.test('only authorities that were given count, and only those outside', async (t) => {
  const given = await dating(stampedSize)
  const ignorant = { ...anchors, outsideTsaRoots: undefined }
  t.same(await answer(given, ignorant), ['cannot-tell', 'valid', 'witnessed'])
  const others = { ...anchors, outsideTsaRoots: [(await makeAuthority()).root.der] }
  t.same(await answer(given, others), ['cannot-tell', 'valid', 'witnessed'])
  const own = await dating(stampedSize, world.authority, {
    checkpoint: given.checkpoint,
  })
  t.same(await answer(own), ['cannot-tell', 'valid', 'witnessed'], "the box's own, under tsa.pem")
  const both = { ...given, tokens: [...own.tokens, ...given.tokens] }
  t.same(await answer(both), ['valid', 'valid', 'dated'], 'one is enough')
  const { journalKeys: _none, ...keyless } = anchors
  t.same((await answer(given, keyless)).slice(1), ['cannot-tell', 'witnessed'])
})

void t.test('what is not about this journal is invalid', async (t) => {
  const given = await dating(stampedSize)
  const wrong = async (what: string, changed: Dating, code = 'bad-dating') => {
    t.same((await answer(changed)).slice(0, 2), [code, 'invalid'], what)
  }
  const elsewhere = await TestWorld.create()
  await elsewhere.deposit()
  const { size } = elsewhere.journal
  await wrong(
    'another box',
    {
      ...(await dating(stampedSize, outside.certificate, {
        checkpoint: utf8(elsewhere.journal.checkpoint(size)),
      })),
    },
    'wrong-key',
  )
  const [depositSeq = 0] = deposit.seqs
  await wrong('signed before the deposit', await dating(depositSeq))
  await wrong('another history', { ...given, consistency: given.consistency.slice(1) })
  await wrong(
    'no seal',
    await dating(stampedSize, outside.certificate, {
      seal: journal.traces[depositSeq] ?? new Uint8Array(0),
    }),
  )
  await wrong(
    'a token over something else',
    { ...given, tokens: (await dating(journal.size)).tokens },
    'wrong-imprint',
  )
  const revoked = await dating(stampedSize)
  t.same((await answer({ ...revoked, tokens: [] })).slice(0, 2), ['cannot-tell', 'valid'])
})

void t.test('a proof is one hash a line, and no longer than any tree needs', async (t) => {
  const bundle = world.bundle(deposit, { dating: await dating(stampedSize) })
  const [line = ''] = fromUtf8(bytesIn(bundle, datingEntry.consistency)).split('\n')
  for (const text of ['', line, `${line}\n${line}`, `${line}\n`.repeat(129), `${line}\r\n`]) {
    const source = memorySource(forged(bundle, datingEntry.consistency, utf8(text)))
    const { verdict } = await verifyBundle(crypto, source, anchors)
    t.match(verdict, { status: 'invalid', code: /malformed-(proof|encoding)/ })
  }
})

void t.test('any changed byte of what was stamped is found', async (t) => {
  const bundle = world.bundle(deposit, { dating: await dating(stampedSize) })
  const names = [
    datingEntry.checkpoint,
    datingEntry.seal,
    datingEntry.group,
    datingEntry.consistency,
  ]
  for (const name of names) {
    const bytes = bytesIn(bundle, name)
    t.ok(bytes.length > 0, name)
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      const { verdict } = await verifyBundle(
        crypto,
        memorySource(forged(bundle, name, changed)),
        anchors,
      )
      if (verdict.status !== 'invalid') t.fail(`${name}, byte ${at}`)
    }
  }
})
