import { datedGroup, formatEvidenceRecord, utf8 } from '@probant/evidence'
import type { ArchiveTimeStamp, Dating, EvidenceRecord } from '@probant/evidence'
import { makeList, type ListOptions } from '../../packages/evidence/test/authority.ts'
import * as made from '../../packages/evidence/test/bundle/renewed.ts'
import { testCrypto as crypto } from '../../packages/evidence/test/test-crypto.ts'
import { writeZip } from '../../provisioning/test/verification/zip-writer.ts'
import { flipped, type BundleCase } from './bundle-cases.ts'

const trusted = made.anchorFiles()

function dated(
  what: string,
  at: string,
  dating: Dating,
  rest: Partial<BundleCase> = {},
): BundleCase {
  return { what, at, zip: writeZip(made.bundled({ dating })), anchors: trusted, ...rest }
}

/** Bundles dated from outside, on days years apart, with what renewed them. */
export async function* renewalCases(): AsyncGenerator<BundleCase> {
  const bare = await made.dating()
  const in2029 = await made.dating(made.record2029)
  const in2034 = await made.dating(made.record2034)
  yield* years(bare, in2029, in2034)
  yield* anchorsChanged(in2034)
  yield* pathChanged(in2034)
  yield* recordChanged(in2034)
  yield* revoked(bare)
}

/** Lists of the authority, made in time or not, by whom it should be or not. */
async function* revoked(dating: Dating): AsyncGenerator<BundleCase> {
  const [token] = dating.tokens
  if (token === undefined) throw new Error('no token')
  const { root: issuer, certificate } = made.first
  const lists: [string, string | undefined, Partial<ListOptions>][] = [
    ['on the list', 'invalid', { revoked: [{ certificate, at: '2026-02-01T00:00:00Z' }] }],
    ['not on the list', 'valid', {}],
    [
      'later, superseded',
      'valid',
      { revoked: [{ certificate, at: '2026-03-02T00:00:00Z', reason: 4 }] },
    ],
    [
      'later, compromised',
      'invalid',
      { revoked: [{ certificate, at: '2026-03-02T00:00:00Z', reason: 1 }] },
    ],
    [
      'before, superseded',
      'invalid',
      { revoked: [{ certificate, at: '2026-02-01T00:00:00Z', reason: 4 }] },
    ],
    ['taken off', 'valid', { revoked: [{ certificate, at: '2026-02-01T00:00:00Z', reason: 8 }] }],
    [
      'on an old list',
      'valid',
      {
        nextUpdate: '2026-02-20T00:00:00Z',
        revoked: [{ certificate, at: '2026-02-01T00:00:00Z' }],
      },
    ],
    [
      'on a forged list',
      'valid',
      {
        forgedBy: made.second.root.privateKey,
        revoked: [{ certificate, at: '2026-02-01T00:00:00Z' }],
      },
    ],
  ]
  for (const [what, expected, options] of lists) {
    const list = await makeList({ issuer, ...options })
    const tokens = [{ ...token, lists: [list] }]
    yield dated(what, '2027-01-01', { ...dating, tokens }, expected ? { expected } : {})
  }
}

function* years(bare: Dating, in2029: Dating, in2034: Dating): Generator<BundleCase> {
  const [valid, unknown] = [{ expected: 'valid' }, { expected: 'cannot-tell' }]
  yield dated('a token, soon', '2027-01-01', bare, valid)
  yield dated('a token whose authority has ended', '2031-01-01', bare, valid)
  yield dated('and SHA-256 retired', '2034-01-01', bare, unknown)
  yield dated('renewed', '2034-01-01', in2029, valid)
  yield dated('renewed, and ended again', '2041-01-01', in2029, unknown)
  yield dated('renewed twice', '2041-01-01', in2034, valid)
  yield dated('the day on which SHA-256 is retired', '2033-01-01', in2034, valid)
  yield dated('all ended', '2049-01-02', in2034, unknown)
  yield dated('nothing outside', '2034-01-01', { ...bare, tokens: [] }, unknown)
}

function* anchorsChanged(dating: Dating): Generator<BundleCase> {
  const retired: [string, string?][] = [
    ['', 'valid'],
    ['sha256 2026-02-01\n', 'cannot-tell'],
    ['sha256 2033-01-01\nsha3-256 2036-01-01\n', 'cannot-tell'],
    ['sha512 2033-01-01\n', 'valid'],
    ['sha512 2040-01-01\nsha256 2033-01-01\n', 'valid'],
    ['sha3-512 2040-01-01\n', 'valid'],
    ['sha3-512 2040-01-01\nsha256 2033-01-01\n', 'cannot-tell'],
    ['ecdsa-p256 2033-01-01\n', 'valid'],
    ['ecdsa-p384 2040-01-01\nsha256 2033-01-01\n', 'cannot-tell'],
    ['ecdsa-p256-sha256 2033-01-01\n', 'valid'],
    ['md5 2033-01-01\n', 'unusable'],
    ['sha256\n', 'unusable'],
    ['sha256 2033-02-30\n', 'unusable'],
  ]
  for (const [text, expected] of retired) {
    const anchors = made.anchorFiles(text)
    const rest = { anchors, ...(expected === undefined ? {} : { expected }) }
    yield dated(`retired: ${JSON.stringify(text)}`, '2041-01-01', dating, rest)
  }
  for (const name of ['outside-tsa.pem', 'journal.vkeys']) {
    const anchors = new Map(trusted)
    anchors.delete(name)
    yield dated(`without ${name}`, '2041-01-01', dating, { anchors, expected: 'cannot-tell' })
  }
}

function* pathChanged(dating: Dating): Generator<BundleCase> {
  const path = dating.sha3Path ?? []
  for (const [what, sha3Path] of [
    ['no path', []],
    ['a path cut short', path.slice(1)],
    ['a path with more', [...path, ...path]],
    ['a path of others', path.map((each) => flipped(3)(each))],
  ] as const)
    yield dated(what, '2041-01-01', { ...dating, sha3Path })
  for (const consistency of [[], dating.consistency.slice(1)])
    yield dated('another consistency', '2041-01-01', { ...dating, consistency })
  yield dated('another seal', '2041-01-01', { ...dating, seal: made.checkpoint })
}

async function* recordChanged(dating: Dating): AsyncGenerator<BundleCase> {
  const [token] = dating.tokens
  if (token === undefined) throw new Error('no token')
  const record = (what: string, bytes: Uint8Array, at = '2041-01-01') => {
    const renewal = { record: bytes, certificates: token.renewal?.certificates ?? [], lists: [] }
    return dated(what, at, { ...dating, tokens: [{ ...token, renewal }] })
  }
  const written = (what: string, changed: EvidenceRecord) =>
    record(what, formatEvidenceRecord(changed))
  const whole = made.record2034
  const bytes = formatEvidenceRecord(whole)
  yield record('no record', utf8('no record'))
  yield record('of version 2', bytes.with(6, 2))
  yield record('of version 2, not needed', bytes.with(6, 2), '2028-01-01')
  yield record('of version 0', bytes.with(6, 0))
  yield record('cut short', bytes.slice(0, -1))
  yield record('with more', Buffer.concat([bytes, utf8('x')]))
  yield written('without its first chain', { ...whole, chains: whole.chains.slice(1) })
  yield written('joined', { ...whole, chains: [whole.chains.flat()] })
  yield written('in another order', { ...whole, chains: whole.chains.toReversed() })
  yield written('naming less', { ...whole, digestAlgorithms: whole.digestAlgorithms.slice(1) })
  yield written('naming in another order', {
    ...whole,
    digestAlgorithms: whole.digestAlgorithms.toReversed(),
  })
  const twin = await made.first.token(2026, datedGroup(crypto, made.checkpoint, made.seal).imprint)
  const withFirst = (changed: Partial<ArchiveTimeStamp>): EvidenceRecord => {
    const [[stamp, ...more] = [], ...chains] = whole.chains
    return { ...whole, chains: [stamp ? [{ ...stamp, ...changed }, ...more] : [], ...chains] }
  }
  yield written('of another token', withFirst({ timeStamp: twin }))
  yield written('without its tree', withFirst({ reducedHashtree: [] }))
  const [list = []] = whole.chains[0]?.[0]?.reducedHashtree ?? []
  yield written('a list in another order', withFirst({ reducedHashtree: [list.toReversed()] }))
  yield written('a list with more', withFirst({ reducedHashtree: [[...list, utf8('x')]] }))
  yield written('a list of one', withFirst({ reducedHashtree: [list.slice(1)] }))
  yield written('its algorithm left to the token', withFirst({ digestAlgorithm: undefined }))
  // In the last token a bit may be one that a parser puts right by itself: those are for the tests of tokens.
  const last = whole.chains.flat().at(-1)?.timeStamp.length ?? 0
  for (let at = 0; at < bytes.length - last; at += 211)
    yield record(`record, byte ${at} altered`, flipped(at * 8 + (at % 8))(bytes))
  const strangers = { ...made.record2026, chains: made.record2029.chains }
  yield written('not renewed enough', strangers)
}
