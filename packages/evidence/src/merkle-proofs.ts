import type { Hashing, TreeHashName } from './crypto.ts'
import { EvidenceError } from './errors.ts'
import { CompactRange, foldSubtrees, nodeHash } from './merkle.ts'
import { present } from './present.ts'

/** A perfect subtree: the leaves index × 2^level … (index + 1) × 2^level − 1. */
export interface NodeAddress {
  readonly level: number
  readonly index: number
}

/** Where a tree's nodes are kept. Only perfect subtrees are ever asked for. */
export interface NodeReader {
  node(level: number, index: number): Uint8Array | Promise<Uint8Array>
}

/** Leaves begin … end − 1, a subtree of RFC 9162's shape; one hash of a proof. */
interface Subtree {
  readonly begin: number
  readonly end: number
}

/** The perfect subtrees needed for `inclusionProof`, so that a store can fetch them in one query. */
export function inclusionNodes(index: number, size: number): NodeAddress[] {
  return inclusionPlan(index, size).flatMap(perfectSubtrees)
}

/** The perfect subtrees needed for `consistencyProof`, so that a store can fetch them in one query. */
export function consistencyNodes(oldSize: number, newSize: number): NodeAddress[] {
  return consistencyPlan(oldSize, newSize).flatMap(perfectSubtrees)
}

/** Inclusion proof of RFC 9162 section 2.1.3.1, the leaf's sibling first. */
export function inclusionProof(
  h: Hashing,
  reader: NodeReader,
  index: number,
  size: number,
  name?: TreeHashName,
): Promise<Uint8Array[]> {
  return readPlan(h, reader, inclusionPlan(index, size), name)
}

/** Consistency proof of RFC 9162 section 2.1.4.1. From size 0 and between equal sizes it is empty. */
export function consistencyProof(
  h: Hashing,
  reader: NodeReader,
  oldSize: number,
  newSize: number,
  name?: TreeHashName,
): Promise<Uint8Array[]> {
  return readPlan(h, reader, consistencyPlan(oldSize, newSize), name)
}

/** Inclusion path in a small tree held in memory, from its leaf *hashes*. */
export function treePath(
  h: Hashing,
  leafHashes: readonly Uint8Array[],
  index: number,
  name?: TreeHashName,
): Uint8Array[] {
  return inclusionPlan(index, leafHashes.length).map(({ begin, end }) => {
    const range = new CompactRange(h, 0, [], name)
    for (const hash of leafHashes.slice(begin, end)) range.append(hash)
    return range.root()
  })
}

/** The inclusion paths of all leaves of a small tree, from their *hashes*: each node is computed once. */
export function treePaths(
  h: Hashing,
  leafHashes: readonly Uint8Array[],
  name?: TreeHashName,
): Uint8Array[][] {
  const paths: Uint8Array[][] = leafHashes.map(() => [])
  const rootOf = (begin: number, end: number): Uint8Array => {
    if (end - begin === 1) return present(leafHashes[begin])
    const middle = begin + largestPowerOfTwoBelow(end - begin)
    const left = rootOf(begin, middle)
    const right = rootOf(middle, end)
    for (let index = begin; index < end; index++) paths[index]?.push(index < middle ? right : left)
    return nodeHash(h, left, right, name)
  }
  if (leafHashes.length > 0) rootOf(0, leafHashes.length)
  return paths
}

/** PATH(index, D[size]) of RFC 9162 section 2.1.3.1, unrolled: from the root down, then turned round. */
function inclusionPlan(index: number, size: number): Subtree[] {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new EvidenceError('malformed-tree', `no leaf ${index} in a tree of ${size}`)
  }
  const plan: Subtree[] = []
  let begin = 0
  let end = size
  while (end - begin > 1) {
    const middle = begin + largestPowerOfTwoBelow(end - begin)
    if (index < middle) {
      plan.push({ begin: middle, end })
      end = middle
    } else {
      plan.push({ begin, end: middle })
      begin = middle
    }
  }
  return plan.reverse()
}

/** PROOF(oldSize, D[newSize]) of RFC 9162 section 2.1.4.1, unrolled. */
function consistencyPlan(oldSize: number, newSize: number): Subtree[] {
  if (!Number.isSafeInteger(newSize) || !Number.isSafeInteger(oldSize)) {
    throw new EvidenceError('malformed-tree', 'sizes that are not safe integers')
  }
  if (oldSize < 0 || oldSize > newSize) {
    throw new EvidenceError('malformed-tree', `no proof from size ${oldSize} to ${newSize}`)
  }
  const plan: Subtree[] = []
  if (oldSize === 0) return plan
  let begin = 0
  let end = newSize
  while (end > oldSize) {
    const middle = begin + largestPowerOfTwoBelow(end - begin)
    if (oldSize <= middle) {
      plan.push({ begin: middle, end })
      end = middle
    } else {
      plan.push({ begin, end: middle })
      begin = middle
    }
  }
  // The verifier holds the old root, so a subtree that is the whole old tree is not sent.
  if (begin > 0) plan.push({ begin, end })
  return plan.reverse()
}

/** The largest power of two smaller than n (n > 1). No bit operators: they would cut n to 32 bits. */
function largestPowerOfTwoBelow(n: number): number {
  let power = 1
  while (power * 2 < n) power *= 2
  return power
}

/**
 * The perfect subtrees that make up a subtree, left to right. In RFC 9162's shape a subtree begins at a multiple
 * of a power of two no smaller than its width, so its parts are the one bits of that width.
 */
function perfectSubtrees({ begin, end }: Subtree): NodeAddress[] {
  const nodes: NodeAddress[] = []
  let at = begin
  while (at < end) {
    let width = 1
    let level = 0
    while (width * 2 <= end - at) {
      width *= 2
      level++
    }
    nodes.push({ level, index: at / width })
    at += width
  }
  return nodes
}

async function readPlan(
  h: Hashing,
  reader: NodeReader,
  plan: readonly Subtree[],
  name?: TreeHashName,
): Promise<Uint8Array[]> {
  const proof: Uint8Array[] = []
  for (const subtree of plan) {
    const hashes: Uint8Array[] = []
    for (const { level, index } of perfectSubtrees(subtree)) {
      hashes.push(await reader.node(level, index))
    }
    proof.push(foldSubtrees(h, hashes, name))
  }
  return proof
}
