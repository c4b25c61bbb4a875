import { concat, equalBytes } from '../bytes.ts'
import type { Hashing, HashName } from '../crypto.ts'
import { EvidenceError } from '../errors.ts'
import { present } from '../present.ts'
import { parseToken } from '../timestamp/token.ts'
import { hashNameOf } from '../x509/algorithms.ts'
import { derValue, malformed, tag } from './der.ts'
import { inOrder, rootOf } from './hash-tree.ts'
import {
  digestIdentifier,
  digestOf,
  formatSequence,
  type ArchiveTimeStamp,
  type ArchiveTimeStampChain,
  type EvidenceRecord,
  type ReducedHashTree,
} from './record.ts'

/** How a record goes on: over its last time-stamp, or over everything with another digest. */
export type RenewalKind = 'time-stamp-renewal' | 'hash-tree-renewal'

/**
 * The first record of a group of data objects, from the token that stamped their group (RFC 4998 section 4.2). EvidenceError
 * `malformed-record` where the token is over something else.
 */
export function firstRecord(
  hashing: Hashing,
  objects: readonly Uint8Array[],
  token: Uint8Array,
): EvidenceRecord {
  const { imprint } = parseToken(token)
  const algorithm = hashNameOf(imprint.algorithm)
  if (algorithm === undefined)
    throw new EvidenceError('unsupported-algorithm', `a token by the digest ${imprint.algorithm}`)
  const hashes = inOrder(objects.map((each) => hashing.hash(algorithm, each)))
  const reducedHashtree = hashes.length === 1 ? [] : [hashes]
  const root = rootOf(hashing, algorithm, [hashes])
  if (!equalBytes(root, imprint.hash)) throw malformed('the token is not over these data objects')
  return {
    digestAlgorithms: [digestIdentifier(algorithm)],
    cryptoInfos: undefined,
    chains: [[archiveTimeStamp(algorithm, reducedHashtree, token)]],
  }
}

/** The digest algorithm of a record's last chain, in which a time-stamp renewal goes on. */
export function lastAlgorithm({ chains }: EvidenceRecord): HashName {
  return digestOf(lastTimeStamp(chains))
}

/** What a time-stamp renewal has to stamp for this record: the hash of its last time-stamp (RFC 4998 section 5.2). */
export function timeStampRenewalHash(hashing: Hashing, record: EvidenceRecord): Uint8Array {
  return timeStampHash(hashing, lastAlgorithm(record), lastTimeStamp(record.chains))
}

/** Hash of the content of the field timeStamp. */
export function timeStampHash(
  hashing: Hashing,
  algorithm: HashName,
  { timeStamp }: ArchiveTimeStamp,
): Uint8Array {
  return hashing.hash(algorithm, timeStamp)
}

/**
 * What a hash-tree renewal with that algorithm has to stamp for this record: a group with one hash for each data object (RFC 4998 section
 * 5.2), all of which the first list of the reduced hash tree holds.
 */
export function hashTreeRenewalHashes(
  hashing: Hashing,
  { chains }: EvidenceRecord,
  objects: readonly Uint8Array[],
  algorithm: HashName,
): Uint8Array[] {
  const hashes = objects.map((each) => hashing.hash(algorithm, each))
  return withSequence(hashing, algorithm, chains, hashes)
}

/**
 * h(i)' = H(h(i) ‖ ha): in this order, as section 5.2 says in step 4; its figure 4, which sorts the two, is wrong, and validators of other
 * makes read it so too.
 */
export function withSequence(
  hashing: Hashing,
  algorithm: HashName,
  chains: readonly ArchiveTimeStampChain[],
  hashes: readonly Uint8Array[],
): Uint8Array[] {
  const sequence = hashing.hash(algorithm, formatSequence(chains))
  return hashes.map((each) => hashing.hash(algorithm, concat(each, sequence)))
}

/** A token that renews a record, with what the record keeps of the tree that it is over. */
export interface Renewal {
  readonly kind: RenewalKind
  /** Of the tree; a time-stamp renewal goes on with the record's own (`lastAlgorithm`). */
  readonly algorithm: HashName
  readonly reducedHashtree: ReducedHashTree
  /** TimeStampToken, DER. */
  readonly token: Uint8Array
}

/** The next record (RFC 4998 section 5.2). Nothing is verified: `verifyEvidenceRecord` says whether it holds. */
export function renewed(record: EvidenceRecord, renewal: Renewal): EvidenceRecord {
  const { kind, algorithm, reducedHashtree, token } = renewal
  const next = archiveTimeStamp(algorithm, reducedHashtree, token)
  const identifier = digestIdentifier(algorithm)
  const isNamed = record.digestAlgorithms.some((each) => equalBytes(each, identifier))
  const chains =
    kind === 'time-stamp-renewal'
      ? [...record.chains.slice(0, -1), [...present(record.chains.at(-1)), next]]
      : [...record.chains, [next]]
  return {
    ...record,
    digestAlgorithms: isNamed ? record.digestAlgorithms : [...record.digestAlgorithms, identifier],
    chains,
  }
}

function archiveTimeStamp(
  algorithm: HashName,
  reducedHashtree: ReducedHashTree,
  token: Uint8Array,
): ArchiveTimeStamp {
  const timeStamp = derValue(token, tag.sequence, 'a token that is not DER').der
  return {
    digestAlgorithm: digestIdentifier(algorithm),
    attributes: undefined,
    reducedHashtree,
    timeStamp,
  }
}

function lastTimeStamp(chains: readonly ArchiveTimeStampChain[]): ArchiveTimeStamp {
  const last = chains.at(-1)?.at(-1)
  if (last === undefined) throw malformed('a record without a time-stamp')
  return last
}
