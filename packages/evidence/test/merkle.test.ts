import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import {
  CompactRange,
  concat,
  consistencyNodes,
  consistencyProof,
  equalBytes,
  fromBase64,
  fromHex,
  inclusionNodes,
  inclusionProof,
  leafHash,
  nodeHash,
  rootFromInclusion,
  toHex,
  treePath,
  treePaths,
  treeRoot,
  utf8,
  verifyConsistency,
  verifyInclusion,
} from '../src/index.ts'
import type { NodeAddress, NodeReader, TreeHashName } from '../src/index.ts'
import { checkProperty } from './property.ts'
import { testCrypto as h } from './test-crypto.ts'

const malformed = { name: 'EvidenceError', code: 'malformed-tree' }
const names: TreeHashName[] = ['sha256', 'sha3-256']

/** MTH of RFC 9162 section 2.1.1, word for word. */
function definition(entries: readonly Uint8Array[], name: TreeHashName = 'sha256'): Uint8Array {
  const [first] = entries
  if (first === undefined) return h.hash(name, new Uint8Array(0))
  if (entries.length === 1) return h.hash(name, concat(new Uint8Array([0]), first))
  let k = 1
  while (2 * k < entries.length) k *= 2
  const left = definition(entries.slice(0, k), name)
  const right = definition(entries.slice(k), name)
  return h.hash(name, concat(new Uint8Array([1]), left, right))
}

/** A tree's perfect subtrees, filled by appending; remembers what is read. */
class NodeStore implements NodeReader {
  readonly #nodes = new Map<string, Uint8Array>()
  readonly read: NodeAddress[] = []
  readonly range: CompactRange

  constructor(entries: readonly Uint8Array[], name: TreeHashName = 'sha256') {
    this.range = new CompactRange(h, 0, [], name)
    for (const entry of entries) {
      this.range.append(leafHash(h, entry, name), (level, index, hash) => {
        this.#nodes.set(`${level}/${index}`, hash)
      })
    }
  }

  node(level: number, index: number): Uint8Array {
    this.read.push({ level, index })
    const hash = this.#nodes.get(`${level}/${index}`)
    if (hash === undefined) throw new Error(`no perfect subtree ${level}/${index}`)
    return hash
  }
}

const someEntries = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => utf8(`entry ${i}`))

/** A copy with one bit turned. */
function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  const at = (bit >> 3) % bytes.length
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
  return copy
}

// The eight entries and roots of certificate-transparency's reference tests (merkletree/merkle_tree_test.cc and
// transparency-dev/merkle testonly/constants.go), which follow RFC 6962 section 2.1.
const knownEntries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(fromHex)
const knownRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

void t.test('known roots', (t) => {
  for (const [size, root] of knownRoots.entries()) {
    const leaves = knownEntries.slice(0, size).map((entry) => leafHash(h, entry))
    t.equal(toHex(treeRoot(h, leaves)), root, `size ${size}`)
    t.equal(toHex(definition(knownEntries.slice(0, size))), root)
  }
  t.end()
})

void t.test('leaves and nodes', (t) => {
  for (const size of [0, 1, 60_000, 65_535, 65_536, 65_537, 200_000]) {
    const entry = new Uint8Array(size).fill(7)
    for (const name of names) {
      t.ok(equalBytes(leafHash(h, entry, name), definition([entry], name)), `${name} of ${size}`)
    }
  }
  const a = new Uint8Array(32).fill(1)
  const b = new Uint8Array(32).fill(2)
  for (const name of names) {
    const expected = h.hash(name, concat(new Uint8Array([1]), a, b))
    t.ok(equalBytes(nodeHash(h, a, b, name), expected), name)
  }
  t.ok(equalBytes(nodeHash(h, a, b), nodeHash(h, a, b, 'sha256')))
  t.throws(() => nodeHash(h, a, b.subarray(1)), malformed)
  t.throws(() => nodeHash(h, new Uint8Array(33), b), malformed)
  t.end()
})

void t.test('compact range', (t) => {
  for (const name of names) {
    const entries = someEntries(70)
    const range = new CompactRange(h, 0, [], name)
    for (let size = 0; size <= entries.length; size++) {
      t.ok(equalBytes(range.root(), definition(entries.slice(0, size), name)), `${name} ${size}`)
      const resumed = new CompactRange(h, size, range.hashes(), name)
      const copy = range.clone()
      for (const entry of entries.slice(size)) {
        resumed.append(leafHash(h, entry, name))
        copy.append(leafHash(h, entry, name))
      }
      t.ok(equalBytes(resumed.root(), definition(entries, name)), 'resumes')
      t.ok(equalBytes(copy.root(), resumed.root()), 'clones')
      t.equal(range.size, size, 'and the original stays')
      range.append(leafHash(h, entries[size] ?? new Uint8Array(0), name))
    }
  }
  t.end()
})

void t.test('compact range at sizes beyond 32 bits', (t) => {
  const size = 2 ** 40 + 2 ** 33 + 1
  const hashes = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
  const [big, middle, small] = hashes
  const range = new CompactRange(h, size, hashes)
  if (big === undefined || middle === undefined || small === undefined) throw new Error('three')
  t.ok(equalBytes(range.root(), nodeHash(h, big, nodeHash(h, middle, small))))
  const added: NodeAddress[] = []
  range.append(new Uint8Array(32), (level, index) => added.push({ level, index }))
  t.equal(range.size, size + 1)
  t.same(added, [
    { level: 0, index: size },
    { level: 1, index: (size - 1) / 2 },
  ])
  t.end()
})

void t.test('a compact range that can not be is refused', (t) => {
  const hash = new Uint8Array(32)
  t.throws(() => new CompactRange(h, 1), malformed)
  t.throws(() => new CompactRange(h, 0, [hash]), malformed)
  t.throws(() => new CompactRange(h, 2, [hash, hash]), malformed)
  t.throws(() => new CompactRange(h, -1, []), malformed)
  t.throws(() => new CompactRange(h, 0.5, []), malformed)
  t.throws(() => new CompactRange(h, 1, [hash.subarray(1)]), malformed)
  t.throws(() => new CompactRange(h).append(new Uint8Array(31)), malformed)

  const three = new CompactRange(h, 3, [hash, hash])
  const failing = (level: number): void => {
    if (level === 1) throw new Error('a listener that fails')
  }
  const before = toHex(three.root())
  t.throws(() => three.append(hash, failing), { message: 'a listener that fails' })
  t.equal(three.size, 3, 'nothing half done')
  t.equal(toHex(three.root()), before)

  const given = [hash]
  const range = new CompactRange(h, 1, given)
  given.push(hash)
  range.hashes().pop()
  t.equal(range.hashes().length, 1, 'the list is its own')
  t.end()
})

void t.test('every proof of every small tree', async (t) => {
  const entries = someEntries(35)
  for (const name of names) {
    const store = new NodeStore(entries, name)
    for (let size = 1; size <= entries.length; size++) {
      const root = definition(entries.slice(0, size), name)
      const leaves = entries.slice(0, size).map((entry) => leafHash(h, entry, name))
      const paths = treePaths(h, leaves, name)
      let good = 0
      for (const [index, leaf] of leaves.entries()) {
        store.read.length = 0
        const path = await inclusionProof(h, store, index, size, name)
        if (
          JSON.stringify(store.read) === JSON.stringify(inclusionNodes(index, size)) &&
          verifyInclusion(h, BigInt(index), BigInt(size), leaf, path, root, name) &&
          JSON.stringify(treePath(h, leaves, index, name)) === JSON.stringify(path) &&
          JSON.stringify(paths[index]) === JSON.stringify(path)
        ) {
          good++
        }
      }
      t.equal(good, size, `${name}: inclusion in ${size}`)
      good = 0
      for (let old = 1; old <= size; old++) {
        store.read.length = 0
        const proof = await consistencyProof(h, store, old, size, name)
        const oldRoot = definition(entries.slice(0, old), name)
        if (
          JSON.stringify(store.read) === JSON.stringify(consistencyNodes(old, size)) &&
          verifyConsistency(h, BigInt(old), BigInt(size), proof, oldRoot, root, name)
        ) {
          good++
        }
      }
      t.equal(good, size, `${name}: consistency up to ${size}`)
    }
  }
})

void t.test('proofs of RFC 9162 section 2.1.5, by their shape', (t) => {
  // PATH(0, D[7]) = [b, h, l]; (3) = [c, g, l]; (4) = [f, j, k]; (6) = [i, k]
  t.same(inclusionNodes(0, 7), [
    { level: 0, index: 1 },
    { level: 1, index: 1 },
    { level: 1, index: 2 },
    { level: 0, index: 6 },
  ])
  t.same(inclusionNodes(6, 7), [
    { level: 1, index: 2 },
    { level: 2, index: 0 },
  ])
  // PROOF(3, D[7]) = [c, d, g, l]; PROOF(4, D[7]) = [l]; PROOF(6, D[7]) = [i, j, k]
  t.same(consistencyNodes(3, 7), [
    { level: 0, index: 2 },
    { level: 0, index: 3 },
    { level: 1, index: 0 },
    { level: 1, index: 2 },
    { level: 0, index: 6 },
  ])
  t.same(consistencyNodes(4, 7), [
    { level: 1, index: 2 },
    { level: 0, index: 6 },
  ])
  t.same(consistencyNodes(6, 7), [
    { level: 1, index: 2 },
    { level: 0, index: 6 },
    { level: 2, index: 0 },
  ])
  t.same(consistencyNodes(0, 7), [])
  t.same(consistencyNodes(7, 7), [])
  t.same(inclusionNodes(0, 1), [])
  t.equal(inclusionNodes(2 ** 52, 2 ** 52 + 1).length, 1, 'sizes beyond 32 bits')
  for (const [index, size] of [
    [0, 0],
    [1, 1],
    [-1, 1],
    [0.5, 1],
    [0, 2 ** 53],
    [0, 1.5],
  ] as const) {
    t.throws(() => inclusionNodes(index, size), malformed, `${index} in ${size}`)
  }
  for (const [old, size] of [
    [2, 1],
    [-1, 1],
    [0.5, 1],
    [1, 2 ** 53],
  ] as const) {
    t.throws(() => consistencyNodes(old, size), malformed, `${old} to ${size}`)
  }
  t.end()
})

/** A random tree with a position in it and a bit to turn. */
const treeCase = fc
  .array(fc.uint8Array({ maxLength: 40 }), { minLength: 2, maxLength: 200 })
  .chain((entries) =>
    fc.record({
      // numbered, since two equal entries have proofs that fit both
      entries: fc.constant(entries.map((entry, i) => concat(utf8(`${i} `), entry))),
      at: fc.nat({ max: entries.length - 1 }),
      bit: fc.nat(),
    }),
  )

void t.test('properties', async (t) => {
  t.comment('prefixes: the range of the larger tree continues that of the smaller')
  await checkProperty(
    t,
    fc.asyncProperty(treeCase, async ({ entries, at }) => {
      const store = new NodeStore(entries)
      const prefix = new NodeStore(entries.slice(0, at))
      const { range } = prefix
      for (const entry of entries.slice(at)) range.append(leafHash(h, entry))
      const proof = at === 0 ? [] : await consistencyProof(h, store, at, entries.length)
      return (
        equalBytes(range.root(), store.range.root()) &&
        equalBytes(range.root(), definition(entries)) &&
        (at === 0 ||
          verifyConsistency(
            h,
            BigInt(at),
            BigInt(entries.length),
            proof,
            definition(entries.slice(0, at)),
            range.root(),
          ))
      )
    }),
  )

  t.comment('any flipped bit fails an inclusion proof, and so does another index, size or length')
  await checkProperty(
    t,
    fc.asyncProperty(treeCase, async ({ entries, at, bit }) => {
      const store = new NodeStore(entries)
      const size = entries.length
      const root = store.range.root()
      const leaf = leafHash(h, entries[at] ?? new Uint8Array(0))
      const path = await inclusionProof(h, store, at, size)
      const check = (i: number, n: number, l = leaf, p = path, r = root): boolean =>
        verifyInclusion(h, BigInt(i), BigInt(n), l, p, r)
      const bad = path.map((hash, i) => (i === bit % path.length ? flipped(hash, bit) : hash))
      return (
        check(at, size) &&
        !check(at, size, flipped(leaf, bit)) &&
        !check(at, size, leaf, bad) &&
        !check(at, size, leaf, path, flipped(root, bit)) &&
        !check(at, size, leaf, path.slice(1)) &&
        !check(at, size, leaf, [...path, root]) &&
        !check(at ^ 1, size) &&
        !check(at, 2 * size) &&
        !check(size, size)
      )
    }),
  )

  t.comment('any flipped bit fails a consistency proof, and so does another size or length')
  await checkProperty(
    t,
    fc.asyncProperty(treeCase, async ({ entries, at, bit }) => {
      const store = new NodeStore(entries)
      const size = entries.length
      const old = Math.max(1, at)
      const oldRoot = definition(entries.slice(0, old))
      const root = store.range.root()
      const proof = await consistencyProof(h, store, old, size)
      const check = (p = proof, a = oldRoot, b = root): boolean =>
        verifyConsistency(h, BigInt(old), BigInt(size), p, a, b)
      const bad = proof.map((hash, i) => (i === bit % proof.length ? flipped(hash, bit) : hash))
      return (
        check() &&
        !check(bad) &&
        !check(proof, flipped(oldRoot, bit)) &&
        !check(proof, oldRoot, flipped(root, bit)) &&
        !check(proof.slice(1)) &&
        !check(proof.slice(0, -1)) &&
        !check([...proof, root]) &&
        !verifyConsistency(h, BigInt(size), BigInt(old), proof, root, oldRoot)
      )
    }),
  )
})

void t.test('the borders of verification', (t) => {
  const hash = new Uint8Array(32).fill(1)
  const other = new Uint8Array(32).fill(2)
  const short = new Uint8Array(31)
  const path64 = Array.from({ length: 64 }, () => hash)
  const size = 2n ** 64n - 1n
  t.ok(rootFromInclusion(h, 0n, size, hash, path64), 'the largest size')
  t.equal(rootFromInclusion(h, 0n, size, hash, path64.slice(1)), undefined)
  t.equal(rootFromInclusion(h, 0n, size + 1n, hash, path64), undefined, 'no u64')
  t.equal(rootFromInclusion(h, -1n, 1n, hash, []), undefined)
  t.equal(rootFromInclusion(h, 0n, 2n, hash, [short]), undefined)
  t.equal(rootFromInclusion(h, 0n, 1n, short, []), undefined)
  t.equal(rootFromInclusion(h, 0n, 1n, hash, [hash]), undefined, 'a path too long')
  t.notOk(verifyInclusion(h, 0n, 1n, hash, [], other))
  t.ok(verifyInclusion(h, 0n, 1n, hash, [], hash))

  t.ok(verifyConsistency(h, 5n, 5n, [], hash, hash), 'equal sizes')
  t.notOk(verifyConsistency(h, 5n, 5n, [], hash, other))
  t.notOk(verifyConsistency(h, 5n, 5n, [hash], hash, hash))
  t.notOk(verifyConsistency(h, 5n, 5n, [], short, short))
  t.notOk(verifyConsistency(h, 5n, 6n, [short], hash, other))
  t.notOk(verifyConsistency(h, 5n, 6n, [hash], hash, short))
  t.notOk(verifyConsistency(h, 0n, 5n, [], hash, other), 'size 0 proves nothing')
  t.notOk(verifyConsistency(h, 4n, 6n, [], hash, other))
  t.notOk(verifyConsistency(h, 3n, 5n, [], hash, other), 'nothing to start from')
  const largest = path64.reduce<Uint8Array>((root, sibling) => nodeHash(h, root, sibling), hash)
  t.ok(verifyConsistency(h, 1n, size, path64, hash, largest), 'the largest size')
  t.notOk(verifyConsistency(h, 1n, size + 1n, path64, hash, largest), 'no u64')
  t.notOk(verifyConsistency(h, 3n, 1n, [hash], hash, hash), 'backwards')
  // From 3 to 4 with one hash too many, and roots made to fit it.
  const [a, b, c, extra] = [hash, other, hash, other]
  const oldRoot = nodeHash(h, c, a)
  const newRoot = nodeHash(h, c, nodeHash(h, a, b))
  t.ok(verifyConsistency(h, 3n, 4n, [a, b, c], oldRoot, newRoot))
  const fitted = [oldRoot, newRoot].map((root) => nodeHash(h, extra, root))
  t.notOk(verifyConsistency(h, 3n, 4n, [a, b, c, extra], fitted[0] ?? a, fitted[1] ?? a))
  t.end()
})

const vectors = new URL('../../../../shared/vectors/', import.meta.url)
const skip = existsSync(vectors) ? false : '../shared/vectors is not here'

/** The vectors' cases. Sizes reach 2^64 − 1, beyond what JSON.parse keeps, so they are made strings first. */
function cases(name: string): Record<string, unknown>[] {
  const text = readFileSync(new URL(name, vectors), 'utf8')
  const parse: (text: string) => Record<string, unknown>[] = JSON.parse
  return parse(text.replace(/("(?:leafIdx|treeSize|size1|size2)": )([0-9]+)/g, '$1"$2"'))
}

const hashOf = (value: unknown): Uint8Array => fromBase64(typeof value === 'string' ? value : '')
const hashesOf = (value: unknown): Uint8Array[] => (Array.isArray(value) ? value.map(hashOf) : [])
const sizeOf = (value: unknown): bigint => BigInt(String(value))

void t.test('outside vectors: transparency-dev/merkle inclusion', { skip }, (t) => {
  const all = cases('merkle-inclusion.json')
  t.ok(all.length > 50)
  for (const { name, leafIdx, treeSize, root, leafHash: leaf, proof, wantErr } of all) {
    const good = verifyInclusion(
      h,
      sizeOf(leafIdx),
      sizeOf(treeSize),
      hashOf(leaf),
      hashesOf(proof),
      hashOf(root),
    )
    t.equal(good, wantErr === false, String(name))
  }
  t.end()
})

void t.test('outside vectors: transparency-dev/merkle consistency', { skip }, (t) => {
  const all = cases('merkle-consistency.json')
  t.ok(all.length > 50)
  for (const { name, size1, size2, root1, root2, proof, wantErr } of all) {
    const good = verifyConsistency(
      h,
      sizeOf(size1),
      sizeOf(size2),
      hashesOf(proof),
      hashOf(root1),
      hashOf(root2),
    )
    // One good case has the 12 bytes "dont care 2" for both roots. We take nothing for a root but a hash.
    const areRoots = hashOf(root1).length === 32
    t.equal(good, wantErr === false && areRoots, String(name))
  }
  t.end()
})
