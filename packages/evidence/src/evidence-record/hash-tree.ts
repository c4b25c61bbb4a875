import { concat, equalBytes, toHex } from '../bytes.ts'
import type { Hashing, HashName } from '../crypto.ts'
import { present } from '../present.ts'
import { malformed } from './der.ts'
import type { ReducedHashTree } from './record.ts'

/** A hash tree whose root one token stamps, for many data object groups at once (RFC 4998 section 4.2). */
export interface HashTree {
  /** What the token's imprint has to be, by the tree's algorithm. */
  readonly root: Uint8Array
  /** What each group's record keeps of the tree, in the order of the groups; empty where the root is its only hash. */
  readonly reduced: readonly ReducedHashTree[]
}

/** Hashes in ascending order of their bytes: RFC 4998 sorts wherever it concatenates. */
export function inOrder(hashes: readonly Uint8Array[]): Uint8Array[] {
  return hashes.toSorted((a, b) => (toHex(a) < toHex(b) ? -1 : 1))
}

/** What a list of hashes comes to: one stands for itself, several are hashed together. */
export function hashOfList(
  hashing: Hashing,
  algorithm: HashName,
  list: readonly Uint8Array[],
): Uint8Array {
  const [only, ...more] = list
  if (only === undefined) throw malformed('an empty list of hashes')
  return more.length === 0 ? only : hashing.hash(algorithm, concat(...inOrder(list)))
}

/** The root that a reduced hash tree leads to (RFC 4998 section 4.3, step 3); at least one list. */
export function rootOf(hashing: Hashing, algorithm: HashName, lists: ReducedHashTree): Uint8Array {
  const [first = [], ...others] = lists
  return others.reduce<Uint8Array>(
    (below, list) => hashOfList(hashing, algorithm, [...list, below]),
    hashOfList(hashing, algorithm, first),
  )
}

/** Whether a hash is in the first list. */
export function isInFirstList(lists: ReducedHashTree, hash: Uint8Array): boolean {
  const [first = []] = lists
  return first.some((each) => equalBytes(each, hash))
}

/**
 * A binary tree over the hashes of data object groups. A group of several has a list of its own; a single hash stands in one list
 * with its sibling, so that no reader has to guess what a list of one comes to.
 */
export function buildHashTree(
  hashing: Hashing,
  algorithm: HashName,
  groups: readonly (readonly Uint8Array[])[],
): HashTree {
  if (groups.length === 0) throw malformed('a hash tree over nothing')
  let level: Node[] = groups.map((group, at) => ({
    hash: hashOfList(hashing, algorithm, group),
    members: [at],
  }))
  const siblings: Uint8Array[][] = groups.map(() => [])
  while (level.length > 1) level = joined(hashing, algorithm, level, siblings)
  return {
    root: present(level[0]).hash,
    reduced: groups.map((group, at) => lists(group, present(siblings[at]))),
  }
}

interface Node {
  readonly hash: Uint8Array
  /** The groups below. */
  readonly members: readonly number[]
}

/** The level above: pairs, and the last alone where their number is odd. */
function joined(
  hashing: Hashing,
  algorithm: HashName,
  level: readonly Node[],
  siblings: readonly Uint8Array[][],
): Node[] {
  const above: Node[] = []
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [present(level[at]), level[at + 1]]
    if (right === undefined) {
      above.push(left)
      continue
    }
    for (const member of left.members) siblings[member]?.push(right.hash)
    for (const member of right.members) siblings[member]?.push(left.hash)
    above.push({
      hash: hashOfList(hashing, algorithm, [left.hash, right.hash]),
      members: [...left.members, ...right.members],
    })
  }
  return above
}

function lists(group: readonly Uint8Array[], siblings: readonly Uint8Array[]): Uint8Array[][] {
  const [nearest, ...others] = siblings
  if (group.length > 1) return [inOrder(group), ...siblings.map((each) => [each])]
  return nearest === undefined
    ? []
    : [inOrder([...group, nearest]), ...others.map((each) => [each])]
}
