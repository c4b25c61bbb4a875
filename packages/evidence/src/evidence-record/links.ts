import type { Hashing, HashName } from '../crypto.ts'
import { invalid, valid, verdictOf, type Verdict } from '../verdict.ts'
import { isInFirstList, rootOf } from './hash-tree.ts'
import { algorithmOf, digestOf, type ArchiveTimeStamp, type EvidenceRecord } from './record.ts'
import { timeStampHash, withSequence, type RenewalKind } from './renewal.ts'

/** The hashes of the data objects by an algorithm. */
export type ObjectHashes = (algorithm: HashName) => readonly Uint8Array[]

/** What ties one archive time-stamp to the data objects or to what went before (RFC 4998 sections 4.3 and 5.3). */
export interface RecordLink {
  readonly kind: 'first' | RenewalKind
  readonly timeStamp: ArchiveTimeStamp
  /** Undefined for a digest that isn't known. */
  readonly algorithm: HashName | undefined
  /** What its token has to be over; undefined where that can't be told. */
  readonly imprint: Uint8Array | undefined
  readonly verdict: Verdict
}

/** The links of a record, in the order of its time-stamps: hashes only, no token is looked at. */
export function recordLinks(
  hashing: Hashing,
  { chains }: EvidenceRecord,
  objects: ObjectHashes,
): RecordLink[] {
  return chains.flatMap((chain, chainAt) =>
    chain.map((timeStamp, at) => {
      const before = chain[at - 1]
      const kind = before ? 'time-stamp-renewal' : chainAt === 0 ? 'first' : 'hash-tree-renewal'
      const stamped = (algorithm: HashName): readonly Uint8Array[] => {
        if (before) return [timeStampHash(hashing, algorithm, before)]
        const hashes = objects(algorithm)
        return chainAt === 0
          ? hashes
          : withSequence(hashing, algorithm, chains.slice(0, chainAt), hashes)
      }
      try {
        const algorithm = digestOf(timeStamp)
        const imprint = imprintOf(hashing, algorithm, timeStamp)
        const hashes = stamped(algorithm)
        const verdict =
          before !== undefined && algorithmOf(before) !== algorithmOf(timeStamp)
            ? wrong('bad-renewal', 'a chain goes on with another digest')
            : holds(hashing, algorithm, timeStamp, hashes)
              ? valid
              : kind === 'first'
                ? wrong('not-in-record', 'the record is not of these data objects')
                : wrong('bad-renewal', `a ${kind} is not over what it renews`)
        return { kind, timeStamp, algorithm, imprint: imprint ?? hashes[0], verdict }
      } catch (error) {
        return {
          kind,
          timeStamp,
          algorithm: undefined,
          imprint: undefined,
          verdict: verdictOf(error),
        }
      }
    }),
  )
}

/** Root of the reduced hash tree; undefined where there is none, and the token is over the one hash itself. */
function imprintOf(
  hashing: Hashing,
  algorithm: HashName,
  { reducedHashtree }: ArchiveTimeStamp,
): Uint8Array | undefined {
  return reducedHashtree.length === 0 ? undefined : rootOf(hashing, algorithm, reducedHashtree)
}

/** Whether all these hashes are what is stamped, and the tree is one of hashes of that length: others could be cut elsewhere. */
function holds(
  hashing: Hashing,
  algorithm: HashName,
  { reducedHashtree }: ArchiveTimeStamp,
  hashes: readonly Uint8Array[],
): boolean {
  const { length } = hashing.hash(algorithm, new Uint8Array(0))
  const isOfHashes = reducedHashtree.flat().every((each) => each.length === length)
  const isStamped =
    reducedHashtree.length === 0
      ? hashes.length === 1
      : hashes.every((each) => isInFirstList(reducedHashtree, each))
  return isOfHashes && hashes.length > 0 && isStamped
}

function wrong(code: string, what: string): Verdict {
  return invalid(code, what, 'reducedHashtree')
}
