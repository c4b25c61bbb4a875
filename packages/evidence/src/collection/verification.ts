import type { Anchors } from '../anchors.ts'
import { measure, type Measure } from '../bundle/documents.ts'
import type { BundleReport } from '../bundle/report.ts'
import type { BundleSource } from '../bundle/source.ts'
import type { BundleOptions } from '../bundle/under-check.ts'
import { verifyBundle } from '../bundle/verification.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import { cannotTell, combine, invalid, valid, verdictOf, type Verdict } from '../verdict.ts'
import { checkDigests, checkListing, checkNames } from './container.ts'
import { parseListing, type Listing } from './listing.ts'
import { collectionEntry, objectOfBundle } from './names.ts'
import type {
  CollectedObject,
  CollectionCheck,
  CollectionNotProved,
  CollectionReport,
} from './report.ts'

const maximumListingBytes = 64 * 1024 * 1024
/** A collection made to keep a verifier's memory busy says the same a million times. */
const maximumOpenChecks = 100

/** A collection as the verifier reads it: its bundles are read where they lie. */
export interface CollectionSource extends BundleSource {
  /**
   * The bundle in an entry, to be closed after use. EvidenceError `malformed-bundle` for what can't be read in place (it has to be
   * stored, not packed) or is no zip.
   */
  open(name: string): Promise<BundleSource & { close(): Promise<void> }>
}

/** Whether a zip claims to be a collection of bundles rather than one. */
export const isCollection = ({ entries }: BundleSource): boolean =>
  entries.some(({ name }) => name === collectionEntry.listing)

/**
 * Verifies a collection offline (formats.md section 21): that its entries are those listed, then every bundle in it as it would be alone.
 * `document` may be that of any object. What an attacker put into it never makes it throw.
 */
export async function verifyCollection(
  crypto: EvidenceCrypto,
  source: CollectionSource,
  anchors: Anchors,
  { document, requireWitnesses, atMs }: BundleOptions = {},
): Promise<CollectionReport> {
  const checks: CollectionCheck[] = []
  const listing = await readListing(source, checks)
  if (listing === undefined) return report(checks, [], [])
  const digests = await checkDigests(crypto, source, listing).catch(verdictOf)
  checks.push({ name: 'collection-digests', verdict: digests })
  const held = document === undefined ? undefined : await measure(crypto, document)
  const objects: CollectedObject[] = []
  const notProved = new Set<CollectionNotProved>(['completeness'])
  let isHeld = false
  for (const { name } of listing.entries) {
    const object = objectOfBundle(name)
    if (object === undefined) continue
    const found = await verifyOne(crypto, source, name, anchors, { held, requireWitnesses, atMs })
    isHeld ||= found.facts?.documents.some(({ compared }) => compared === 'given') === true
    for (const each of found.notProved) notProved.add(each)
    objects.push(collected(object, listing, found))
  }
  checks.push({ name: 'collection-objects', verdict: verdictOfAll(objects) })
  if (held !== undefined)
    checks.push({ name: 'collection-document', verdict: isHeld ? valid : stranger(held) })
  if (listing.omissions.length > 0) notProved.add('omissions')
  const at = atMs === undefined ? {} : { at: new Date(atMs).toISOString() }
  return { ...report(checks, objects, [...notProved]), ...at, listing: account(listing) }
}

const account = ({ box, vault, selection, journalSize, omissions }: Listing) => ({
  ...{ box, vault, selection, journalSize, omissions },
})

const report = (
  checks: readonly CollectionCheck[],
  objects: readonly CollectedObject[],
  notProved: readonly CollectionNotProved[],
): CollectionReport => ({
  verdict: combine(checks.map(({ verdict }) => verdict)),
  checks,
  objects,
  notProved,
})

/** Undefined when what is in the zip is not what is listed: nothing more is judged then. */
async function readListing(
  source: CollectionSource,
  checks: CollectionCheck[],
): Promise<Listing | undefined> {
  const said = (verdict: Verdict) => {
    checks.push({ name: 'collection-entries', verdict })
    return verdict.status === 'valid'
  }
  try {
    const names = checkNames(source)
    if (names.status !== 'valid') return void said(names)
    const listing = parseListing(await source.read(collectionEntry.listing, maximumListingBytes))
    return said(checkListing(source, listing)) ? listing : undefined
  } catch (error) {
    said(verdictOf(error))
    return undefined
  }
}

async function verifyOne(
  crypto: EvidenceCrypto,
  source: CollectionSource,
  name: string,
  anchors: Anchors,
  options: BundleOptions,
): Promise<BundleReport> {
  const checks = { notProved: [], ignoredBlocks: [], blocksNotChecked: [] }
  try {
    const bundle = await source.open(name)
    try {
      return await verifyBundle(crypto, bundle, anchors, options)
    } finally {
      await bundle.close()
    }
  } catch (error) {
    const verdict = verdictOf(error)
    return { verdict, checks: [{ name: 'entries', verdict, isDecisive: true }], ...checks }
  }
}

/** The bundle is that of the object which its name says, of this box and vault. */
function collected(
  object: string,
  { box, vault }: Listing,
  { verdict, checks, facts }: BundleReport,
): CollectedObject {
  const isOther =
    facts !== undefined && (facts.object !== object || facts.vault !== vault || facts.box !== box)
  const open = checks.filter((check) => check.verdict.status !== 'valid')
  const found = { object, open: open.slice(0, maximumOpenChecks) }
  if (isOther) return { ...found, verdict: otherObject(object) }
  if (facts === undefined) return { ...found, verdict }
  const { receivedAt, state, documents, traces } = facts
  return { ...found, verdict, facts: { receivedAt, state, documents, traces: traces.length } }
}

const otherObject = (object: string) =>
  invalid('other-object', `what is there is the bundle of another object, vault or box`, object)

function verdictOfAll(objects: readonly CollectedObject[]): Verdict {
  if (objects.length === 0) return cannotTell('a bundle: the collection holds none')
  const bad = objects.find(({ verdict }) => verdict.status === 'invalid')
  if (bad?.verdict.status === 'invalid') {
    const { code, what, since } = bad.verdict
    return {
      ...invalid(code, what, bad.object),
      ...(since === undefined ? {} : { since }),
    }
  }
  return combine(objects.map(({ verdict }) => verdict))
}

const stranger = ({ size, digests }: Required<Measure>) =>
  invalid(
    'altered-document',
    `the file given is none of the documents: ${size} bytes, SHA-256 ${digests.sha256}`,
  )
