import {
  consistencyProof,
  datedGroup,
  firstRecord,
  formatEvidenceRecord,
  hashTreeRenewalHashes,
  buildHashTree,
  formatPem,
  leafHash,
  renewed,
  timeStampRenewalHash,
  treePath,
  treeRoot,
  utf8,
} from '../../src/index.ts'
import type { BundleInput, Dating, EvidenceRecord, TokenRenewal } from '../../src/index.ts'
import { Authority } from '../evidence-record/authorities.ts'
import { testCrypto as crypto } from '../test-crypto.ts'
import { TestWorld } from '../world.ts'

// A deposit of 2026 that an authority outside dated, renewed in 2029 and, with new digests and nothing of SHA-256, in 2034.

export const world = await TestWorld.create()
export const deposit = await world.deposit()
const { journal } = world
const sealSeq = journal.size - 1
const size = journal.size
journal.append()

export const first = await Authority.until(2030)
export const second = await Authority.until(2040, true)
export const third = await Authority.until(2049, true)
const stranger = [crypto.hash('sha3-512', utf8('another record'))]

export const checkpoint = utf8(journal.checkpoint(size))
export const seal = journal.traces[sealSeq] ?? new Uint8Array(0)
const group = datedGroup(crypto, checkpoint, seal)
const [depositSeq = 0] = deposit.seqs
const below = journal.traces.slice(0, sealSeq)

/** Leads from the deposit to the seal's root. */
export const sha3Path = treePath(
  crypto,
  below.map((each) => leafHash(crypto, each, 'sha3-256')),
  depositSeq,
  'sha3-256',
)

const token = await first.token(2026, group.imprint)
export const record2026 = firstRecord(crypto, [checkpoint, seal], token)
export const record2029 = renewed(record2026, {
  kind: 'time-stamp-renewal',
  algorithm: 'sha512',
  reducedHashtree: [],
  token: await second.token(2029, timeStampRenewalHash(crypto, record2026)),
})
const hashes = hashTreeRenewalHashes(crypto, record2029, [checkpoint, seal], 'sha3-512')
const tree = buildHashTree(crypto, 'sha3-512', [hashes, stranger])
export const record2034 = renewed(record2029, {
  kind: 'hash-tree-renewal',
  algorithm: 'sha3-512',
  reducedHashtree: tree.reduced[0] ?? [],
  token: await third.token(2034, tree.root, 'sha3-512'),
})

export function renewalOf(record: EvidenceRecord): TokenRenewal {
  const certificates = [second, third].map(({ certificate }) => certificate.der)
  return { record: formatEvidenceRecord(record), certificates, lists: [] }
}

/** What dates the deposit, with the record given, or none. */
export async function dating(
  record?: EvidenceRecord,
  changes: Partial<Dating> = {},
): Promise<Dating> {
  const consistency = await consistencyProof(
    crypto,
    {
      node: (level, index) =>
        treeRoot(crypto, journal.leaves.slice(index << level, (index + 1) << level)),
    },
    size,
    journal.size,
  )
  const renewal = record && renewalOf(record)
  const certificates = [first.certificate.der]
  const tokens = [{ token, certificates, lists: [], renewal }]
  return { checkpoint, seal, consistency, sha3Path, tokens, ...changes }
}

export const bundled = (input: Partial<BundleInput>) => world.bundle(deposit, input)

/** The world's anchors, the authorities outside, and that SHA-256 was retired in 2033. */
export function anchorFiles(retired = 'sha256 2033-01-01\n'): Map<string, Uint8Array> {
  const roots = [first, second, third].map(({ root }) => formatPem(root.der, 'CERTIFICATE'))
  return new Map([
    ...world.anchorFiles(),
    ['outside-tsa.pem', utf8(roots.join(''))],
    ...(retired === '' ? [] : [['retired.txt', utf8(retired)] as const]),
  ])
}
