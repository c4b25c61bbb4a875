import { createDecipheriv, hkdfSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import {
  bundleEntries,
  bundleEntryName,
  canonicalBytes,
  commit,
  concat,
  decodeSegment,
  depositedObject,
  emptyJournalState,
  entryName,
  equalBytes,
  formatListing,
  formatTlogProof,
  fromBase64,
  fromHex,
  fromUtf8,
  headLogLeaf,
  leafHash,
  lengthPrefixed,
  memorySource,
  mlDsaCosignatureMessage,
  openingMatches,
  parseAnchors,
  parseBlocks,
  parseCanonical,
  parseCheckpoint,
  parseCommitment,
  parseEvidenceRecord,
  parseLat,
  parseListing,
  parseManifest,
  parseNote,
  parseOpening,
  parseOpenings,
  parsePem,
  parseReceipt,
  parseStatement,
  parseTlogProof,
  parseToken,
  parseTrace,
  toHex,
  utf8,
  verifyAuditReceipt,
  verifyBundle,
  verifyCosignatures,
  verifyInclusion,
  verifyLat,
  verifySegment,
} from '../src/index.ts'
import type { BundleEntry, BundleInput, Dating } from '../src/index.ts'
import { testCrypto } from './test-crypto.ts'

// The worked examples of docs/formats.md, read from the page: neither it nor the code can change alone.

const page = await readFile(new URL('../../../docs/formats.md', import.meta.url), 'utf8')

const examples = new Map<string, string>()
for (const [, name = '', wrapped, content = ''] of page.matchAll(
  /^```\w+ example=(\S+)( wrapped)?\n([\s\S]*?)\n```$/gm,
))
  examples.set(name, wrapped === undefined ? content : content.replaceAll('\n', ''))

function example(name: string): string {
  const content = examples.get(name)
  if (content === undefined) throw new Error(`docs/formats.md has no example ${name}`)
  return content
}
const bytesOf = (name: string): Uint8Array => utf8(example(name))
const hexOf = (name: string): Uint8Array => fromHex(example(name))
/** Text formats end with a newline that a fence can't show. */
const noteOf = (name: string): string => `${example(name)}\n`

const document = utf8('un document\n')
const anchorNames = [
  'journal.vkeys',
  'lat.pem',
  'witness.vkeys',
  'audit.vkeys',
  'tsa.pem',
  'box.txt',
]
const anchors = parseAnchors(
  new Map(anchorNames.map((name) => [name, utf8(noteOf(name))])),
  testCrypto,
)
const sha256 = (bytes: Uint8Array): string => toHex(testCrypto.hash('sha256', bytes))

void t.test('every JSON example is canonical, and says what its section says', (t) => {
  const sections = page.matchAll(/^```json example=(\S+)/gm)
  for (const [, name = ''] of sections) {
    const bytes = bytesOf(name)
    t.same(canonicalBytes(parseCanonical(bytes)), bytes, name)
  }
  t.match(page, sha256(bytesOf('metadata')), 'section 1')
  t.equal(parseBlocks(parseCanonical(bytesOf('blocks')), 'trace').length, 2, 'section 2')
  t.equal(parseTrace(bytesOf('alert-trace')).act, 'notification-attempted', 'section 14')
  t.end()
})

void t.test('section 3: the hashes of the deposit trace', (t) => {
  const bytes = bytesOf('trace-1')
  t.match(page, sha256(bytes))
  t.match(page, toHex(leafHash(testCrypto, bytes)))
  t.equal(parseTrace(bytesOf('trace-2')).prev, sha256(bytes))
  t.end()
})

void t.test('section 5: the commitment opens', (t) => {
  const opening = parseOpening(parseCanonical(bytesOf('opening')))
  const commitment = parseCommitment(parseCanonical(bytesOf('commitment')))
  t.ok(openingMatches(testCrypto, commitment, opening))
  t.same(parseStatement(bytesOf('statement')).depositor, commitment)
  const value = fromBase64(opening.value)
  t.same(commit(testCrypto, 'depositor', fromHex(opening.salt), value), commitment)
  t.end()
})

void t.test('section 6: the cosignature, and what ML-DSA-44 would sign', async (t) => {
  const note = parseNote(noteOf('checkpoint'))
  const found = await verifyCosignatures(testCrypto, note, anchors.witnessKeys ?? [])
  t.same(
    found.map(({ type, answer }) => ({ type, answer })),
    [{ type: 4, answer: 'valid' }],
  )
  const [{ name, timestamp } = { name: '', timestamp: 0 }] = found
  const message = mlDsaCosignatureMessage({
    name,
    timestamp: timestamp ?? 0,
    ...parseCheckpoint(note.text),
  })
  t.equal(toHex(message), example('mldsa-message'))
})

void t.test('section 22: the leaf for the cosignature of section 6', (t) => {
  const leaf = headLogLeaf(testCrypto, parseNote(noteOf('checkpoint')).text, 1_772_366_520)
  t.same(leaf, bytesOf('head-log-leaf'))
  t.match(page, toHex(leafHash(testCrypto, leaf)))
  t.end()
})

void t.test('section 9: the LAT, its statement and its signed bytes', async (t) => {
  const { verdict, lat, parts } = await verifyLat(testCrypto, bytesOf('lat'), anchors)
  t.same(verdict, { status: 'valid' })
  t.same(lat?.statement, bytesOf('statement'))
  const signed = toHex(parts?.signedBytes ?? new Uint8Array(0))
  t.match(page, signed.slice(0, 64))
  t.match(page, signed.slice(64))
})

void t.test('section 10: the receipt and its proof', (t) => {
  const receipt = parseReceipt(bytesOf('receipt'))
  t.same(receipt.lat, bytesOf('lat'))
  t.same(receipt.trace, bytesOf('trace-1'))
  t.equal(receipt.proof, noteOf('tlog-proof'))
  const { index, path, checkpoint, checkpointNote } = parseTlogProof(receipt.proof)
  t.equal(checkpointNote, noteOf('checkpoint'))
  t.equal(formatTlogProof({ index, path, checkpointNote }), receipt.proof)
  const leaf = leafHash(testCrypto, receipt.trace)
  const sizes = [BigInt(index), BigInt(checkpoint.size)] as const
  t.ok(verifyInclusion(testCrypto, ...sizes, leaf, path, checkpoint.root))
  const statement = parseStatement(bytesOf('statement'))
  t.same(fromBase64(receipt.opening.value), depositedObject(testCrypto, statement, receipt.lat))
  t.end()
})

// packages/keys writes these; here they are opened by the page's words and node:crypto alone.
void t.test('section 11: the file and its enclosed key', (t) => {
  const file = hexOf('file')
  const dataKey = hexOf('data-key')
  const header = file.slice(0, 80)
  t.equal(fromUtf8(header.slice(0, 8)), 'PBNTFILE')
  t.equal(toHex(header.slice(8, 16)), '0101100000000000')
  const derive = (info: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', dataKey, header.slice(16, 48), info, 32))
  t.same(derive('probant/file/v1/commitment'), header.slice(48))
  const nonce = fromHex('000000000000000000000001')
  t.same(open(derive('probant/file/v1/payload'), nonce, header, file.slice(80)), document)

  const enclosed = hexOf('enclosed-data-key')
  t.equal(enclosed[0], 1)
  const tag = utf8('probant/data-key/v1')
  const opened = open(hexOf('vault-key'), enclosed.slice(1, 13), tag, enclosed.slice(13))
  const { box, vault, object } = parseStatement(bytesOf('statement'))
  const place = ['probant/data-key/v1', box, vault, object, 'aes-256-gcm-stream']
  const bound = concat(...place.map((text) => lengthPrefixed(utf8(text))))
  t.same(opened, concat(dataKey, testCrypto.hash('sha256', bound)))
  t.end()
})

function open(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(additional)
  decipher.setAuthTag(sealed.slice(-16))
  return concat(decipher.update(sealed.slice(0, -16)), decipher.final())
}

void t.test('section 12: the segment verifies from its beginning', async (t) => {
  const segment = decodeSegment(fromBase64(example('segment')))
  const traces = ['trace-0', 'trace-1', 'trace-2'].map(bytesOf)
  t.ok(segment.traces.every((trace, at) => equalBytes(trace, traces[at] ?? new Uint8Array(0))))
  t.equal(segment.checkpoint, noteOf('checkpoint'))
  const start = emptyJournalState(testCrypto, segment.origin)
  const keys = [...(anchors.journalKeys ?? []), ...(anchors.witnessKeys ?? [])]
  const { findings, state } = await verifySegment(testCrypto, start, segment, keys)
  t.same(findings, [])
  t.equal(state.size, 3)
})

void t.test('section 13: the audit receipt', async (t) => {
  const note = noteOf('audit-receipt')
  const { verdict, receipt } = await verifyAuditReceipt(testCrypto, note, anchors.auditKeys ?? [])
  t.same(verdict, { status: 'valid' })
  t.same(receipt?.root, parseCheckpoint(parseNote(noteOf('checkpoint')).text).root)
})

const openings = parseOpenings(bytesOf('openings'))
const [latKey = new Uint8Array(0)] = parsePem(noteOf('lat.pem'), 'PUBLIC KEY')
const input: BundleInput = {
  state: 'witnessed',
  lat: bytesOf('lat'),
  latKey,
  traces: [{ bytes: bytesOf('trace-1'), path: parseTlogProof(noteOf('tlog-proof')).path }],
  checkpointNote: noteOf('checkpoint'),
  auditReceipt: noteOf('audit-receipt'),
  openings,
  metadata: bytesOf('metadata'),
}

/** A bundle with its document. */
const whole = (entries: readonly BundleEntry[]) =>
  memorySource([...entries, { name: 'document/1', bytes: document }])

void t.test('sections 15 and 16: the bundle of it all, its manifest and its anchors', async (t) => {
  const entries = bundleEntries(testCrypto, input)
  t.same(listed(entries[0]?.bytes), listed(bytesOf('manifest')))
  t.ok(equalBytes(parseLat(bytesOf('lat')).token, find(entries, entryName.token)))
  const { verdict, facts } = await verifyBundle(testCrypto, whole(entries), anchors)
  t.same(verdict, { status: 'valid' })
  t.equal(facts?.state, 'witnessed')
})

void t.test('section 20: the same bundle dated, renewed, and SHA-256 retired', async (t) => {
  const record = fromBase64(example('renewal'))
  const [first] = parseEvidenceRecord(record).chains.flat()
  const checkpoint = utf8(noteOf('checkpoint').replace(/^— centre .*\n/m, ''))
  const renewal = { record, certificates: [], lists: [] }
  const certificates = first ? parseToken(first.timeStamp).certificates.map(({ der }) => der) : []
  const dating: Dating = {
    checkpoint,
    seal: bytesOf('trace-2'),
    consistency: [],
    sha3Path: [fromBase64(example('dated-sha3-path'))],
    tokens: first ? [{ token: first.timeStamp, certificates, lists: [], renewal }] : [],
  }
  const source = whole(bundleEntries(testCrypto, { ...input, dating }))
  const { outsideTsaRoots, retired } = parseAnchors(
    new Map([
      ['outside-tsa.pem', bytesOf('outside-tsa.pem')],
      ['retired.txt', utf8('sha256 2030-06-01\n')],
    ]),
  )
  const judge = (day: string) =>
    verifyBundle(
      testCrypto,
      source,
      { ...anchors, outsideTsaRoots, retired },
      { atMs: Date.parse(day) },
    )
  const { verdict, facts, checks } = await judge('2031-01-01')
  t.same(verdict, { status: 'valid' })
  t.equal(facts?.isDatedBySha3, true)
  t.ok(checks.some(({ name }) => name === 'algorithms'))
  t.equal((await judge('2041-01-01')).verdict.status, 'cannot-tell')
})

void t.test('section 21: the listing of a collection', (t) => {
  const listing = parseListing(bytesOf('collection'))
  t.same(formatListing(listing), bytesOf('collection'))
  t.equal(listing.entries[1]?.name, bundleEntryName(parseStatement(bytesOf('statement')).object))
  t.end()
})

/** A manifest without the digests of the texts for people, which may be reworded. */
function listed(manifest: Uint8Array | undefined): unknown {
  const { entries, ...rest } = parseManifest(manifest ?? new Uint8Array(0))
  const reworded: readonly string[] = [entryName.readme, entryName.script]
  return {
    ...rest,
    entries: entries.map(({ name, sha256 }) =>
      reworded.includes(name) ? { name } : { name, sha256 },
    ),
  }
}

function find(entries: readonly BundleEntry[], name: string): Uint8Array {
  return entries.find((entry) => entry.name === name)?.bytes ?? new Uint8Array(0)
}
