/** The entries of a collection that are no bundles (formats.md section 21). */
export const collectionEntry = { readme: 'README.txt', listing: 'collection.json' } as const

const bundlePattern =
  /^bundles\/([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.zip$/

/** The entry of an object's bundle. */
export function bundleEntryName(object: string): string {
  return `bundles/${object}.zip`
}

/** The object whose bundle an entry is; undefined for any other entry. */
export function objectOfBundle(name: string): string | undefined {
  return bundlePattern.exec(name)?.[1]
}
