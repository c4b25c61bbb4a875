import { deflateRawSync } from 'node:zlib'
import { bundleEntryName, formatListing, parseListing, utf8, type Listing } from '@probant/evidence'
import { collect, depositAll } from '../../packages/evidence/test/collected.ts'
import { writeZip, type ZipEntry } from '../../provisioning/test/verification/zip-writer.ts'
import { altered, flipped, replaced, trusted, world, type BundleCase } from './bundle-cases.ts'

const deposits = await depositAll(world, ['premier\n', 'second\n', 'troisième\n'])
const [first = '', second = '', third = ''] = deposits.map(({ statement }) => statement.object)
const lists = new Map(
  deposits.map((each): [string, ZipEntry[]] => [each.statement.object, world.bundle(each)]),
)
const zipped = new Map<string, Uint8Array>(
  [...lists].map(([id, list]) => [id, new Uint8Array(writeZip(list))]),
)
const entries: readonly ZipEntry[] = collect(zipped)
const entryOf = (id: string) => bundleEntryName(id)

function given(
  what: string,
  list: readonly ZipEntry[],
  rest: Partial<BundleCase> = {},
): BundleCase {
  return { what: `collection ${what}`, zip: writeZip(list), anchors: trusted, ...rest }
}

/** With other bytes in a bundle's place, listed as they are. */
const put = (id: string, bytes: Uint8Array) => collect(new Map(zipped).set(id, bytes))
const bundle = (id: string) => lists.get(id) ?? []
const bytesOf = (id: string) => zipped.get(id) ?? new Uint8Array(0)
const listed = (changes: Partial<Listing>) => collect(zipped, changes)
const listing = parseListing(entries.at(-1)?.bytes ?? utf8(''))

/** Several bundles in one zip, in order and not. */
export function* collectionCases(): Generator<BundleCase> {
  yield given('in order', entries, { expected: 'valid' })
  yield given('in another order', entries.toReversed(), { expected: 'valid' })
  yield given('without anchors', entries, { expected: 'cannot-tell', anchors: null })
  yield given('a witness required', entries, { expected: 'valid', requireWitness: 1 })
  yield given('the document of one', entries, { expected: 'valid', document: 'second\n' })
  yield given('the document of none', entries, { expected: 'invalid', document: 'autre\n' })
  const bare = collect(
    new Map(
      [...lists].map(([id, list]) => [
        id,
        new Uint8Array(writeZip(list.filter(({ name }) => name !== 'document/1'))),
      ]),
    ),
  )
  yield given('without documents', bare, { expected: 'valid' })
  yield given('without, one given', bare, { expected: 'valid', document: 'second\n' })
  yield given('without, another given', bare, { expected: 'invalid', document: 'autre\n' })
  yield given('of one', collect(new Map([[first, bytesOf(first)]])), { expected: 'valid' })
  yield given('of none', collect(new Map()), { expected: 'cannot-tell' })
  yield* containers()
  yield* listings()
  yield* bundles()
}

function* containers(): Generator<BundleCase> {
  const invalid = { expected: 'invalid' }
  const extra = (name: string, bytes: Uint8Array = utf8('x')) => [...entries, { name, bytes }]
  yield given('with something else', extra('more.txt'), invalid)
  yield given('with a manifest', extra('manifest.json'), invalid)
  yield given('with a bundle not listed', extra(entryOf(crypto.randomUUID())), invalid)
  yield given('with a bundle of no identifier', extra('bundles/1.zip'), invalid)
  yield given('with a name that leads out', extra('../x'), { expected: 'unusable' })
  yield given('with an entry twice', extra(entryOf(first)), invalid)
  yield given('with a listing twice', extra('collection.json'), invalid)
  const names = ['README.txt', 'collection.json', ...[first, second].map(entryOf)]
  for (const gone of names) {
    const rest = entries.filter(({ name }) => name !== gone)
    yield given(`without ${gone}`, rest, invalid)
  }
  const packed = entries.map((entry) =>
    entry.name === entryOf(second) ? { ...entry, deflate: true } : entry,
  )
  yield given('with a packed bundle', packed, invalid)
  const listingPacked = entries.map((entry) =>
    entry.name === 'collection.json' ? { ...entry, deflate: true } : entry,
  )
  yield given('with a packed listing', listingPacked, { expected: 'valid' })
  const bomb = {
    name: 'collection.json',
    bytes: utf8(''),
    packed: deflateRawSync(new Uint8Array(80_000_000)),
    method: 8,
    statedSize: 80_000_000,
  }
  yield given('with a bomb of a listing', [...entries.slice(0, -1), bomb], invalid)
  for (const name of ['README.txt', entryOf(second)])
    yield given(`${name} flipped`, altered({ [name]: flipped(4321) }, entries), invalid)
  const whole = writeZip(entries)
  for (const share of [0.3, 0.7, 0.999])
    yield {
      ...given('cut short', entries, { expected: 'unusable' }),
      zip: whole.subarray(0, Math.floor(whole.length * share)),
    }
}

function* listings(): Generator<BundleCase> {
  const invalid = { expected: 'invalid' }
  const other = crypto.randomUUID()
  const omit = (object: string, part: 'bundle' | 'document') =>
    ({ object, part, reason: 'altered' }) as const
  yield given('with omissions', listed({ omissions: [omit(other, 'bundle')] }), {
    expected: 'valid',
  })
  yield given('without one document', listed({ omissions: [omit(first, 'document')] }), {
    expected: 'valid',
  })
  yield given('there and omitted', listed({ omissions: [omit(first, 'bundle')] }), invalid)
  yield given('half there', listed({ omissions: [omit(other, 'document')] }), invalid)
  const twice = [omit(other, 'bundle'), omit(other, 'bundle')]
  yield given('omitted twice', listed({ omissions: twice }), invalid)
  yield given('of a whole vault', listed({ selection: 'vault' }), { expected: 'valid' })
  yield given('of another vault', listed({ vault: other }), invalid)
  yield given('of another box', listed({ box: 'another' }), invalid)
  const [readme, ...rest] = listing.entries
  yield given(
    'listed in another order',
    listed({ entries: rest.toReversed().concat(readme ?? []) }),
  )
  yield given('listed twice', listed({ entries: [...listing.entries, ...rest] }), invalid)
  const sizes = listing.entries.map((each) => ({ ...each, size: each.size + 1 }))
  yield given('with other sizes', listed({ entries: sizes }), invalid)
  const digests = listing.entries.map((each) => ({ ...each, sha256: '0'.repeat(64) }))
  yield given('with other digests', listed({ entries: digests }), invalid)
  const changes: [string, string | RegExp, string, string][] = [
    ['of format 2', '"format":1', '"format":2', 'cannot-tell'],
    ['of format 0', '"format":1', '"format":0', 'invalid'],
    ['of no format', '"format":1,', '', 'invalid'],
    ['with a member more', '"format":1', '"for":1,"format":1', 'invalid'],
    ['not canonical', '"format":1', '"format": 1', 'invalid'],
    ['with another selection', '"objects"', '"some"', 'invalid'],
    ['of no vault', /"vault":"[^"]*"/, '"vault":null', 'invalid'],
  ]
  for (const [what, from, to, expected] of changes)
    yield given(what, altered({ 'collection.json': replaced(from, to) }, entries), { expected })
  const again = formatListing({ ...listing, journalSize: 0 })
  yield given('of an empty journal', altered({ 'collection.json': () => again }, entries), {
    expected: 'valid',
  })
}

function* bundles(): Generator<BundleCase> {
  const invalid = { expected: 'invalid' }
  const changed = (name: string, bytes: Uint8Array) =>
    new Uint8Array(writeZip(altered({ [name]: () => bytes }, bundle(second))))
  yield given('with another object’s bundle', put(first, bytesOf(second)), invalid)
  yield given('with no zip', put(first, utf8('no zip')), invalid)
  yield given('with nothing', put(first, new Uint8Array(0)), invalid)
  yield given('nested twice', put(third, new Uint8Array(writeZip(entries))), invalid)
  yield given('with an altered document', put(second, changed('document/1', utf8('x'))), invalid)
  yield given('with an altered trace proof', put(second, changed('lat.json', utf8('{}'))), invalid)
  const prefixed = Buffer.concat([Buffer.from('x'), bytesOf(third)])
  yield given('with bytes before a bundle', put(third, new Uint8Array(prefixed)), invalid)
  const cut = bytesOf(third).subarray(0, -7)
  yield given('with a bundle cut short', put(third, cut), invalid)
  const deflated = lists.get(first)?.map((entry) => ({ ...entry, deflate: true })) ?? []
  yield given('with a bundle packed inside', put(first, new Uint8Array(writeZip(deflated))), {
    expected: 'valid',
  })
}
