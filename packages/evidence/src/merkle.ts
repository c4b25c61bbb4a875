import { concat } from './bytes.ts'
import type { Hashing, TreeHashName } from './crypto.ts'
import { EvidenceError } from './errors.ts'

/** Length of every hash in a tree, in bytes. */
export const treeHashBytes = 32

// Hashing reads its argument at once and doesn't keep it (see Hashing), and nothing here is asynchronous between
// filling and hashing, so one buffer for each shape serves all calls. Verification hashes millions of these.
const nodeBuffer = new Uint8Array(1 + 2 * treeHashBytes)
nodeBuffer[0] = 1
// A trace has at most 60,000 bytes; longer leaves take a buffer of their own.
const leafBuffer = new Uint8Array(1 + 65_536)

/** Leaf hash of RFC 9162 section 2.1.1: H(0x00 ‖ bytes). */
export function leafHash(h: Hashing, bytes: Uint8Array, name: TreeHashName = 'sha256'): Uint8Array {
  if (bytes.length >= leafBuffer.length) return h.hash(name, concat(new Uint8Array(1), bytes))
  leafBuffer.set(bytes, 1)
  return h.hash(name, leafBuffer.subarray(0, 1 + bytes.length))
}

/** Inner node hash of RFC 9162 section 2.1.1: H(0x01 ‖ left ‖ right). */
export function nodeHash(
  h: Hashing,
  left: Uint8Array,
  right: Uint8Array,
  name: TreeHashName = 'sha256',
): Uint8Array {
  if (left.length !== treeHashBytes || right.length !== treeHashBytes) {
    throw new EvidenceError('malformed-tree', 'a tree hash that does not have 32 bytes')
  }
  nodeBuffer.set(left, 1)
  nodeBuffer.set(right, 1 + treeHashBytes)
  return h.hash(name, nodeBuffer)
}

/**
 * Told of every perfect subtree that an append completes, from the leaf up: the root of the leaves
 * index × 2^level … (index + 1) × 2^level − 1.
 */
export type NodeListener = (level: number, index: number, hash: Uint8Array) => void

/**
 * A tree reduced to the roots of its maximal perfect subtrees, which is all that appending and the root need.
 * The hashes given and returned are shared, not copied: nobody may write into them.
 */
export class CompactRange {
  readonly #h: Hashing
  readonly #name: TreeHashName
  readonly #hashes: Uint8Array[] // largest subtree first
  #size: number

  /** Resumes at a size; `hashes` are the roots of its maximal perfect subtrees, largest first. */
  constructor(
    h: Hashing,
    size = 0,
    hashes: readonly Uint8Array[] = [],
    name: TreeHashName = 'sha256',
  ) {
    if (!Number.isSafeInteger(size) || size < 0 || hashes.length !== bitCount(size)) {
      throw new EvidenceError('malformed-tree', `${hashes.length} subtrees for ${size} leaves`)
    }
    if (hashes.some((hash) => hash.length !== treeHashBytes)) {
      throw new EvidenceError('malformed-tree', 'a tree hash that does not have 32 bytes')
    }
    this.#h = h
    this.#name = name
    this.#size = size
    this.#hashes = [...hashes]
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size
  }

  /** The roots of the maximal perfect subtrees, largest first. */
  hashes(): Uint8Array[] {
    return [...this.#hashes]
  }

  /** Adds a leaf by its hash. When it throws, or `onNode` does, the range is as before. */
  append(leaf: Uint8Array, onNode?: NodeListener): void {
    if (leaf.length !== treeHashBytes) {
      throw new EvidenceError('malformed-tree', 'a tree hash that does not have 32 bytes')
    }
    let hash = leaf
    let level = 0
    let index = this.#size
    onNode?.(level, index, hash)
    // Each trailing one bit of the size is a perfect subtree that the new leaf completes to one twice as large.
    // No bit operators: they would cut the size to 32 bits.
    let last = this.#hashes.length - 1
    let left = this.#hashes[last]
    while (index % 2 === 1 && left !== undefined) {
      hash = nodeHash(this.#h, left, hash, this.#name)
      index = (index - 1) / 2
      level++
      onNode?.(level, index, hash)
      left = this.#hashes[--last]
    }
    this.#hashes.length = last + 1
    this.#hashes.push(hash)
    this.#size++
  }

  /** The tree's root; that of the empty tree is the hash of nothing (RFC 9162 section 2.1.1). */
  root(): Uint8Array {
    return foldSubtrees(this.#h, this.#hashes, this.#name)
  }

  /** An independent range in the same state. */
  clone(): CompactRange {
    return new CompactRange(this.#h, this.#size, this.#hashes, this.#name)
  }
}

/** Root over adjacent perfect subtrees, each smaller than the one before it. */
export function foldSubtrees(
  h: Hashing,
  hashes: readonly Uint8Array[],
  name: TreeHashName = 'sha256',
): Uint8Array {
  const last = hashes.at(-1)
  if (last === undefined) return h.hash(name, new Uint8Array(0))
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(h, left, right, name), last)
}

/** Number of one bits of a safe integer. */
function bitCount(value: number): number {
  let count = 0
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}

/** Root of a small tree held in memory, from its leaf *hashes*. */
export function treeRoot(
  h: Hashing,
  leafHashes: readonly Uint8Array[],
  name: TreeHashName = 'sha256',
): Uint8Array {
  const range = new CompactRange(h, 0, [], name)
  for (const hash of leafHashes) range.append(hash)
  return range.root()
}

/** Whether a proof's hash is one. */
export function isTreeHash(hash: Uint8Array): boolean {
  return hash.length === treeHashBytes
}
