import type { BundleSource } from '../bundle/source.ts'
import { toHex } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import { invalid, valid, type Verdict } from '../verdict.ts'
import type { Listing } from './listing.ts'
import { collectionEntry, objectOfBundle } from './names.ts'

/** Entry names known and unique. */
export function checkNames({ entries }: BundleSource): Verdict {
  const seen = new Set<string>()
  for (const { name } of entries) {
    const isKnown =
      name === collectionEntry.readme ||
      name === collectionEntry.listing ||
      objectOfBundle(name) !== undefined
    if (!isKnown)
      return invalid('unknown-entry', `no collection has an entry ${JSON.stringify(name)}`, name)
    if (seen.has(name)) return invalid('duplicate-entry', `${name} is there twice`, name)
    seen.add(name)
  }
  return valid
}

/** What is there against what is listed, both ways, sizes included; and nothing both there and omitted as a whole. */
export function checkListing({ entries }: BundleSource, { entries: listed, omissions }: Listing) {
  const present = new Map(entries.map(({ name, size }) => [name, size]))
  present.delete(collectionEntry.listing)
  const wrong = (name: string, what: string) => invalid('bad-listing', `${name} ${what}`, name)
  const seen = new Set<string>()
  for (const { name, size } of listed) {
    if (seen.has(name)) return wrong(name, 'is listed twice')
    seen.add(name)
    const found = present.get(name)
    if (found === undefined) return wrong(name, 'is listed and missing')
    if (found !== size) return wrong(name, `has ${found} bytes instead of ${size}`)
  }
  for (const name of present.keys()) if (!seen.has(name)) return wrong(name, 'is not listed')
  if (!seen.has(collectionEntry.readme)) return wrong(collectionEntry.readme, 'is missing')
  const objects = new Set(listed.map(({ name }) => objectOfBundle(name)))
  const omitted = new Set<string>()
  for (const { object, part } of omissions) {
    if (omitted.has(object)) return wrong(object, 'is omitted twice')
    omitted.add(object)
    // Without its document means with its bundle; without its bundle means with nothing.
    if (objects.has(object) !== (part === 'document'))
      return wrong(object, `is said to be there without its ${part}`)
  }
  return valid
}

/** Every listed digest, piece by piece. */
export async function checkDigests(
  hashing: Hashing,
  source: BundleSource,
  { entries }: Listing,
): Promise<Verdict> {
  for (const { name, sha256 } of entries) {
    const digest = hashing.incremental('sha256')
    for await (const piece of source.stream(name)) digest.update(piece)
    if (toHex(digest.digest()) !== sha256)
      return invalid('altered-entry', `${name} is not what collection.json lists`, name)
  }
  return valid
}
