import { randomUUID } from 'node:crypto'
import {
  bundleEntryName,
  collectionEntry,
  collectionReadme,
  formatListing,
  toHex,
  utf8,
  type BundleEntry,
  type Listing,
} from '../src/index.ts'
import { testBox } from './journal-world.ts'
import { testCrypto } from './test-crypto.ts'
import { testVault, type TestDeposit, type TestWorld } from './world.ts'

/** Deposits of one document each, as objects of their own. */
export async function depositAll(
  world: TestWorld,
  documents: readonly string[],
): Promise<TestDeposit[]> {
  const made: TestDeposit[] = []
  for (const text of documents)
    made.push(await world.deposit([utf8(text)], { statement: { object: randomUUID() } }))
  return made
}

/** The entries of a collection. @param bundles their packed bytes, by object @param changes members of the listing */
export function collect(
  bundles: ReadonlyMap<string, Uint8Array>,
  changes: Partial<Listing> = {},
): BundleEntry[] {
  const entries = [
    { name: collectionEntry.readme, bytes: utf8(collectionReadme) },
    ...[...bundles].map(([object, bytes]) => ({ name: bundleEntryName(object), bytes })),
  ]
  const listing = formatListing({
    format: 1,
    box: testBox,
    vault: testVault,
    selection: 'objects',
    journalSize: 12,
    entries: entries.map(({ name, bytes }) => ({
      name,
      size: bytes.length,
      sha256: toHex(testCrypto.hash('sha256', bytes)),
    })),
    omissions: [],
    ...changes,
  })
  return [...entries, { name: collectionEntry.listing, bytes: listing }]
}
