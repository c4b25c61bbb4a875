import t from 'tap'
import {
  bundleEntryName,
  collectionCheckNames,
  EvidenceError,
  isCollection,
  memorySource,
  parseListing,
  utf8,
  verifyCollection,
  type Anchors,
  type BundleEntry,
  type BundleOptions,
  type CollectionSource,
} from '../src/index.ts'
import { collect, depositAll } from './collected.ts'
import { testCrypto } from './test-crypto.ts'
import { TestWorld } from './world.ts'

const world = await TestWorld.create()
const deposits = await depositAll(world, ['un\n', 'deux\n', 'trois\n'])
const ids = deposits.map(({ statement }) => statement.object)
const [first = '', second = '', third = ''] = ids
const bundles = new Map(
  deposits.map((deposit) => [deposit.statement.object, world.bundle(deposit)]),
)
/** What stands for a packed bundle here: the container's own reader has its tests elsewhere. */
const packed = new Map(ids.map((id) => [id, utf8(`packed ${id}`)]))
const entries = collect(packed)

function sourceOf(
  list: readonly BundleEntry[],
  inside: ReadonlyMap<string, readonly BundleEntry[]> = bundles,
): CollectionSource {
  return {
    ...memorySource(list),
    open: (name) => {
      const bundle = [...inside].find(([id]) => bundleEntryName(id) === name)?.[1]
      if (bundle === undefined)
        return Promise.reject(new EvidenceError('malformed-bundle', `${name} is no zip`))
      return Promise.resolve({ ...memorySource(bundle), close: () => Promise.resolve() })
    },
  }
}

const verify = (source: CollectionSource, options?: BundleOptions, anchors = world.anchors()) =>
  verifyCollection(testCrypto, source, anchors, options)

/** The check that failed first and why, or the status of the whole. */
async function answer(source: CollectionSource, options?: BundleOptions): Promise<string> {
  const { verdict, checks } = await verify(source, options)
  if (verdict.status !== 'invalid') return verdict.status
  const failed = checks.find((check) => check.verdict === verdict)
  return `${failed?.name ?? ''}: ${verdict.code} ${verdict.where ?? ''}`
}

async function* given(text: string) {
  yield await Promise.resolve(utf8(text))
}

void t.test('a collection in order', async (t) => {
  t.ok(isCollection(memorySource(entries)))
  t.notOk(isCollection(memorySource(bundles.get(first) ?? [])))
  const report = await verify(sourceOf(entries), { document: given('deux\n') })
  t.same(report.verdict, { status: 'valid' })
  t.same(
    report.checks.map(({ name }) => name),
    collectionCheckNames,
  )
  t.same(
    report.objects.map(({ object, facts }) => [object, facts?.documents[0]?.compared]),
    [
      [first, 'bundle'],
      [second, 'given'],
      [third, 'bundle'],
    ],
  )
  t.match(report.listing, { selection: 'objects', journalSize: 12, omissions: [] })
  t.ok(report.notProved.includes('completeness'))
  t.notOk(report.notProved.includes('document-not-compared'))
  t.notOk(Object.hasOwn(report, 'at'))
  const atMs = Date.parse('2027-05-06T00:00:00Z')
  t.equal((await verify(sourceOf(entries), { atMs })).at, '2027-05-06T00:00:00.000Z')
})

void t.test('the document given is that of any object, and of one at least', async (t) => {
  const bare = new Map(
    [...bundles].map(([id, bundle]) => [id, bundle.filter(({ name }) => name !== 'document/1')]),
  )
  const report = await verify(sourceOf(entries, bare), { document: given('trois\n') })
  t.same(report.verdict, { status: 'valid' })
  t.ok(report.notProved.includes('document-not-compared'), 'those of the others')
  const stranger = { document: given('quatre\n') }
  t.equal(await answer(sourceOf(entries, bare), stranger), 'collection-document: altered-document ')
})

void t.test('entries and listing, both ways', async (t) => {
  const more = (name: string) => sourceOf([...entries, { name, bytes: utf8('x') }])
  const not = (name: string) => sourceOf(entries.filter((entry) => entry.name !== name))
  const listed = (changes: Parameters<typeof collect>[1]) => sourceOf(collect(packed, changes))
  const list = parseListing(entries.at(-1)?.bytes ?? utf8(''))
  const entry = bundleEntryName(first)
  const starts = async (source: CollectionSource, what: string) => {
    const found = await answer(source)
    t.ok(found.startsWith(`collection-entries: ${what}`), `${what}: ${found}`)
  }
  await starts(more('bundles/../x.zip'), 'unknown-entry')
  await starts(more('bundles/x.zip'), 'unknown-entry')
  await starts(more('manifest.json'), 'unknown-entry')
  await starts(more(entry), 'duplicate-entry')
  await starts(more('bundles/00000000-0000-4000-8000-000000000000.zip'), 'bad-listing')
  await starts(not(entry), `bad-listing ${entry}`)
  await starts(not('README.txt'), 'bad-listing README.txt')
  await starts(listed({ entries: [...list.entries, ...list.entries] }), 'bad-listing README.txt')
  await starts(
    listed({ entries: list.entries.map((each) => ({ ...each, size: 1 })) }),
    'bad-listing README.txt',
  )
  const unread = collect(packed, { entries: list.entries.slice(1) }).slice(1)
  await starts(sourceOf(unread), 'bad-listing README.txt')
  const omit = (object: string, part: 'bundle' | 'document') =>
    ({ object, part, reason: 'altered' }) as const
  await starts(listed({ omissions: [omit(first, 'bundle')] }), 'bad-listing')
  const other = '00000000-0000-4000-8000-000000000000'
  await starts(listed({ omissions: [omit(other, 'document')] }), 'bad-listing')
  await starts(
    listed({ omissions: [omit(first, 'document'), omit(first, 'document')] }),
    'bad-listing',
  )
  const json = (text: string) =>
    sourceOf([...entries.slice(0, -1), { name: 'collection.json', bytes: utf8(text) }])
  await starts(json('{}'), 'malformed-bundle')
  t.equal(await answer(json('{"format":2}')), 'cannot-tell', 'a later format')
  const none = collect(new Map())
  t.equal(await answer(sourceOf(none)), 'cannot-tell', 'nothing in it')
})

void t.test('what is omitted is told', async (t) => {
  const omissions = [
    { object: first, part: 'document', reason: 'altered' },
    { object: '00000000-0000-4000-8000-000000000000', part: 'bundle', reason: 'gone' },
  ] as const
  const report = await verify(sourceOf(collect(packed, { omissions, selection: 'vault' })))
  t.same(report.verdict, { status: 'valid' })
  t.same(report.listing?.omissions, omissions)
  t.ok(report.notProved.includes('omissions'))
})

void t.test('bundles that are not what they should be', async (t) => {
  const list = parseListing(entries.at(-1)?.bytes ?? utf8(''))
  const digests = list.entries.map((each) => ({ ...each, sha256: '00'.repeat(32) }))
  t.equal(
    await answer(sourceOf(collect(packed, { entries: digests }))),
    'collection-digests: altered-entry README.txt',
  )
  const put = (id: string, bundle: BundleEntry[] | undefined) => {
    const inside = new Map(bundles)
    if (bundle === undefined) inside.delete(id)
    else inside.set(id, bundle)
    return sourceOf(entries, inside)
  }
  const where = 'collection-objects:'
  t.equal(await answer(put(first, bundles.get(second))), `${where} other-object ${first}`)
  t.equal(await answer(put(second, entries)), `${where} unknown-entry ${second}`, 'nested')
  t.equal(await answer(put(third, undefined)), `${where} malformed-bundle ${third}`)
  const altered = (bundles.get(second) ?? []).map((entry) =>
    entry.name === 'document/1' ? { ...entry, bytes: utf8('deus\n') } : entry,
  )
  const report = await verify(put(second, altered))
  t.match(report.verdict, { status: 'invalid', code: 'altered-document', where: second })
  t.match(report.verdict, { since: '2026-03-01T12:00:01.500Z' })
  t.same(
    report.objects.map(({ verdict }) => verdict.status),
    ['valid', 'invalid', 'valid'],
    'the others are judged all the same',
  )
  const foreign = collect(packed, { vault: '00000000-0000-4000-8000-000000000000' })
  t.equal(await answer(sourceOf(foreign)), `${where} other-object ${first}`)
  t.equal(
    await answer(sourceOf(collect(packed, { box: 'another' }))),
    `${where} other-object ${first}`,
  )
})

void t.test('without anchors it can’t tell; what the reader throws comes through', async (t) => {
  const nothing: Anchors = {}
  const { verdict, objects } = await verify(sourceOf(entries), {}, nothing)
  t.equal(verdict.status, 'cannot-tell')
  t.ok(objects.every(({ verdict }) => verdict.status === 'cannot-tell'))
  const broken = { ...sourceOf(entries), open: () => Promise.reject(new Error('I/O')) }
  await t.rejects(verify(broken), { message: 'I/O' })
})
