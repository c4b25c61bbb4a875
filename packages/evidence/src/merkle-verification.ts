import { equalBytes } from './bytes.ts'
import type { Hashing, TreeHashName } from './crypto.ts'
import { isTreeHash, nodeHash } from './merkle.ts'

// Sizes are BigInt: a proof may come from any log, up to 2^64 − 1 leaves.

const maximumSize = 0xffff_ffff_ffff_ffffn

/**
 * The root that an inclusion proof leads to, RFC 9162 section 2.1.3.2; undefined when the proof does not have the
 * shape that index and size ask for.
 */
export function rootFromInclusion(
  h: Hashing,
  index: bigint,
  size: bigint,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
  name?: TreeHashName,
): Uint8Array | undefined {
  if (index < 0n || index >= size || size > maximumSize) return undefined
  if (!isTreeHash(leaf) || !path.every(isTreeHash)) return undefined
  let fn = index
  let sn = size - 1n
  let r = leaf
  for (const p of path) {
    if (sn === 0n) return undefined
    if ((fn & 1n) === 1n || fn === sn) {
      r = nodeHash(h, p, r, name)
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n
        sn >>= 1n
      }
    } else {
      r = nodeHash(h, r, p, name)
    }
    fn >>= 1n
    sn >>= 1n
  }
  return sn === 0n ? r : undefined
}

/** Whether the leaf with this hash is leaf `index` of the tree of this size and root. */
export function verifyInclusion(
  h: Hashing,
  index: bigint,
  size: bigint,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
  root: Uint8Array,
  name?: TreeHashName,
): boolean {
  const computed = rootFromInclusion(h, index, size, leaf, path, name)
  return computed !== undefined && equalBytes(computed, root)
}

/**
 * Whether the tree (newSize, newRoot) extends the tree (oldSize, oldRoot), RFC 9162 section 2.1.4.2. Equal sizes
 * need equal roots and an empty proof. An old size of 0 is false: there is nothing to prove, so the caller decides
 * what it accepts as a beginning.
 */
export function verifyConsistency(
  h: Hashing,
  oldSize: bigint,
  newSize: bigint,
  proof: readonly Uint8Array[],
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  name?: TreeHashName,
): boolean {
  if (oldSize <= 0n || oldSize > newSize || newSize > maximumSize) return false
  if (!isTreeHash(oldRoot) || !isTreeHash(newRoot) || !proof.every(isTreeHash)) return false
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot)

  // An old tree that is one perfect subtree is its own first hash (step 2 of the RFC).
  const isPerfect = (oldSize & (oldSize - 1n)) === 0n
  const [first, ...rest] = isPerfect ? [oldRoot, ...proof] : proof
  if (first === undefined) return false
  let fn = oldSize - 1n
  let sn = newSize - 1n
  while ((fn & 1n) === 1n) {
    fn >>= 1n
    sn >>= 1n
  }
  let fr = first
  let sr = first
  for (const c of rest) {
    if (sn === 0n) return false
    if ((fn & 1n) === 1n || fn === sn) {
      fr = nodeHash(h, c, fr, name)
      sr = nodeHash(h, c, sr, name)
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n
        sn >>= 1n
      }
    } else {
      sr = nodeHash(h, sr, c, name)
    }
    fn >>= 1n
    sn >>= 1n
  }
  return sn === 0n && equalBytes(fr, oldRoot) && equalBytes(sr, newRoot)
}
