import { fromBER, ObjectIdentifier } from 'asn1js'
import type { HashName } from '../crypto.ts'
import { EvidenceError } from '../errors.ts'
import { parseToken } from '../timestamp/token.ts'
import { hashNameOf, oidOfHash } from '../x509/algorithms.ts'
import { derOf, derValue, derValues, malformed, tag, type DerValue } from './der.ts'

/** The lists of a reduced hash tree, from the data object upwards (RFC 4998 section 4.1). */
export type ReducedHashTree = readonly (readonly Uint8Array[])[]

/** RFC 4998 section 4.1. */
export interface ArchiveTimeStamp {
  /** DER of the AlgorithmIdentifier of its hash tree; undefined: that of the token's imprint. */
  readonly digestAlgorithm: Uint8Array | undefined
  /** DER of its attributes, of which nothing is checked; no proof rests on them. */
  readonly attributes: Uint8Array | undefined
  /** Empty where the token is over the one hash itself. */
  readonly reducedHashtree: ReducedHashTree
  /** TimeStampToken, DER. */
  readonly timeStamp: Uint8Array
}

/** Time-stamps over one another, all with one digest algorithm (RFC 4998 section 5.1). */
export type ArchiveTimeStampChain = readonly ArchiveTimeStamp[]

/** RFC 4998 section 3.1, version 1. */
export interface EvidenceRecord {
  /** DER of each AlgorithmIdentifier. */
  readonly digestAlgorithms: readonly Uint8Array[]
  /** DER of the cryptoInfos, which hold nothing that a verifier believes. */
  readonly cryptoInfos: Uint8Array | undefined
  readonly chains: readonly ArchiveTimeStampChain[]
}

/** Centuries of renewal; stops a record made to keep a verifier busy. */
const maximumTimeStamps = 100
const maximumBytes = 2 * 1024 * 1024

/**
 * An evidence record from its DER (RFC 4998 sections 3 and 4), strictly: what is read is written again as the same bytes.
 * EvidenceError `malformed-record`, `too-large`; `unsupported-algorithm` for one of encrypted data (section 6), whose proof is about
 * other bytes than those that are given; `unknown-format` for a later version.
 */
export function parseEvidenceRecord(der: Uint8Array): EvidenceRecord {
  if (der.length > maximumBytes)
    throw new EvidenceError('too-large', `an evidence record of more than ${maximumBytes} bytes`)
  const record = readRecord(der)
  const count = record.chains.flat().length
  if (count > maximumTimeStamps) throw malformed(`more than ${maximumTimeStamps} time-stamps`)
  return record
}

function readRecord(der: Uint8Array): EvidenceRecord {
  const members = derValues(derValue(der, tag.sequence, 'not a sequence').content)
  const version = take(members, tag.integer, 'its version').content
  if (version.length !== 1 || version[0] === 0) throw malformed('its version')
  if (version[0] !== 1)
    throw new EvidenceError('unknown-format', `an evidence record of version ${version[0]}`)
  const digestAlgorithms = derValues(take(members, tag.sequence, 'its digest algorithms').content)
  digestAlgorithms.forEach(({ der }) => digestOid(der))
  const cryptoInfos = takeOptional(members, tag.context(0))
  if (cryptoInfos) checkAttributes(cryptoInfos)
  if (takeOptional(members, tag.context(1)))
    throw new EvidenceError('unsupported-algorithm', 'an evidence record of encrypted data')
  const sequence = take(members, tag.sequence, 'its archive time-stamps')
  if (members.length > 0 || digestAlgorithms.length === 0) throw malformed('its members')
  return {
    digestAlgorithms: digestAlgorithms.map((each) => each.der),
    cryptoInfos: cryptoInfos?.der,
    chains: nonEmpty(derValues(sequence.content), 'a sequence without a chain').map(readChain),
  }
}

function readChain(value: DerValue): ArchiveTimeStamp[] {
  if (value.tag !== tag.sequence) throw malformed('a chain')
  return nonEmpty(derValues(value.content), 'a chain without a time-stamp').map(readTimeStamp)
}

function readTimeStamp(value: DerValue): ArchiveTimeStamp {
  if (value.tag !== tag.sequence) throw malformed('an archive time-stamp')
  const members = derValues(value.content)
  const algorithm = takeOptional(members, tag.context(0))
  // [0] IMPLICIT: the tag stands in place of the sequence's.
  const digestAlgorithm = algorithm && derOf(tag.sequence, algorithm.content)
  if (digestAlgorithm) digestOid(digestAlgorithm)
  const attributes = takeOptional(members, tag.context(1))
  if (attributes) checkAttributes(attributes)
  const tree = takeOptional(members, tag.context(2))
  const timeStamp = take(members, tag.sequence, 'a time-stamp')
  if (members.length > 0) throw malformed('members of an archive time-stamp')
  return {
    digestAlgorithm,
    attributes: attributes?.der,
    reducedHashtree: tree === undefined ? [] : readTree(tree),
    timeStamp: timeStamp.der,
  }
}

function readTree({ content }: DerValue): Uint8Array[][] {
  return nonEmpty(derValues(content), 'an empty hash tree').map((list) => {
    if (list.tag !== tag.sequence) throw malformed('a list of hashes')
    return nonEmpty(derValues(list.content), 'an empty list of hashes').map((hash) => {
      if (hash.tag !== tag.octetString) throw malformed('a hash')
      return hash.content
    })
  })
}

/** Attributes of RFC 5652 section 5.3: type and values. */
function checkAttributes({ content }: DerValue): void {
  for (const attribute of nonEmpty(derValues(content), 'no attributes')) {
    const [type, values, ...more] =
      attribute.tag === tag.sequence ? derValues(attribute.content) : []
    const isOne = type?.tag === tag.objectIdentifier && values?.tag === tag.set
    if (!isOne || more.length > 0) throw malformed('an attribute')
  }
}

/** OID of an AlgorithmIdentifier of a digest: parameters are absent or NULL. */
export function digestOid(der: Uint8Array): string {
  const [oid, parameters, ...more] = derValues(derValue(der, tag.sequence, 'an algorithm').content)
  const hasParameters = parameters !== undefined
  const areNull = parameters?.tag === tag.null && parameters.content.length === 0
  if (oid?.tag !== tag.objectIdentifier || (hasParameters && !areNull) || more.length > 0)
    throw malformed('a digest algorithm')
  const parsed = fromBER(oid.der).result
  if (oid.content.length === 0 || !(parsed instanceof ObjectIdentifier))
    throw malformed('a digest algorithm')
  return parsed.getValue()
}

function take(members: DerValue[], expected: number, what: string): DerValue {
  const member = takeOptional(members, expected)
  if (member === undefined) throw malformed(what)
  return member
}

function takeOptional(members: DerValue[], expected: number): DerValue | undefined {
  return members[0]?.tag === expected ? members.shift() : undefined
}

function nonEmpty(values: DerValue[], what: string): DerValue[] {
  if (values.length === 0) throw malformed(what)
  return values
}

/** DER of a record. */
export function formatEvidenceRecord(record: EvidenceRecord): Uint8Array {
  return derOf(
    tag.sequence,
    derOf(tag.integer, Uint8Array.of(1)),
    derOf(tag.sequence, ...record.digestAlgorithms),
    ...optional(record.cryptoInfos),
    formatSequence(record.chains),
  )
}

/** DER of an ArchiveTimeStampSequence: what a hash-tree renewal hashes beside each data object (RFC 4998 section 5.2). */
export function formatSequence(chains: readonly ArchiveTimeStampChain[]): Uint8Array {
  return derOf(
    tag.sequence,
    ...chains.map((chain) => derOf(tag.sequence, ...chain.map(formatTimeStamp))),
  )
}

function formatTimeStamp(each: ArchiveTimeStamp): Uint8Array {
  const lists = each.reducedHashtree.map((list) =>
    derOf(tag.sequence, ...list.map((hash) => derOf(tag.octetString, hash))),
  )
  return derOf(
    tag.sequence,
    ...(each.digestAlgorithm === undefined
      ? []
      : [
          derOf(
            tag.context(0),
            derValue(each.digestAlgorithm, tag.sequence, 'an algorithm').content,
          ),
        ]),
    ...optional(each.attributes),
    ...(lists.length === 0 ? [] : [derOf(tag.context(2), ...lists)]),
    each.timeStamp,
  )
}

function optional(der: Uint8Array | undefined): Uint8Array[] {
  return der === undefined ? [] : [der]
}

/** AlgorithmIdentifier of a digest, without parameters as RFC 5754 section 2 wants them. */
export function digestIdentifier(name: HashName): Uint8Array {
  const oid = new ObjectIdentifier({ value: oidOfHash(name) })
  return derOf(tag.sequence, new Uint8Array(oid.toBER(false)))
}

/** OID of the digest algorithm of an archive time-stamp: its own or its token's (RFC 4998 section 4.1). EvidenceError of the token. */
export function algorithmOf({ digestAlgorithm, timeStamp }: ArchiveTimeStamp): string {
  return digestAlgorithm === undefined
    ? parseToken(timeStamp).imprint.algorithm
    : digestOid(digestAlgorithm)
}

/** Whether the record says that it uses exactly the digest algorithms that it uses, as those that boxes write do. */
export function namesItsAlgorithms(record: EvidenceRecord): boolean {
  const used = [...new Set(record.chains.flat().map(algorithmOf))]
  const named = record.digestAlgorithms.map(digestOid)
  return used.length === named.length && used.every((each, at) => each === named[at])
}

/** The digest of an archive time-stamp's hash tree. EvidenceError `unsupported-algorithm` for one that isn't trusted here. */
export function digestOf(timeStamp: ArchiveTimeStamp): HashName {
  const oid = algorithmOf(timeStamp)
  const name = hashNameOf(oid)
  if (name === undefined)
    throw new EvidenceError('unsupported-algorithm', `a way to compute the digest ${oid}`)
  return name
}
