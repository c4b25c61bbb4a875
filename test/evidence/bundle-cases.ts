import { createHash } from 'node:crypto'
import { fromUtf8, utf8 } from '@probant/evidence'
import { testSigner } from '../../packages/evidence/test/test-crypto.ts'
import { TestWorld } from '../../packages/evidence/test/world.ts'
import { writeZip, type ZipEntry } from '../../provisioning/test/verification/zip-writer.ts'

/** What two verifiers are asked. */
export interface BundleCase {
  readonly what: string
  /** The answer, where the case is about that one; else both only have to agree. */
  readonly expected?: string
  readonly zip: Uint8Array
  readonly anchors: ReadonlyMap<string, Uint8Array> | null
  readonly document?: string
  readonly requireWitness?: number
  /** The verifier's date. */
  readonly at?: string
  /** Whether the time of reception is independent of the box, where the case is about that. */
  readonly isTimeIndependent?: boolean
  /** Damage to the zip itself: whether it is invalid or unusable may differ. */
  readonly isDamaged?: boolean
}

export const content = 'le document\n'
export const world = await TestWorld.create()
export const deposit = await world.deposit([utf8(content)])
export const entries: readonly ZipEntry[] = world.bundle(deposit)
export const trusted: ReadonlyMap<string, Uint8Array> = world.anchorFiles()

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The entries with some changed: an empty value leaves one out. */
export function altered(
  changes: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array | null>>,
  list: readonly ZipEntry[] = entries,
): ZipEntry[] {
  return list.flatMap((entry) => {
    const bytes = (changes[entry.name] ?? ((same: Uint8Array) => same))(entry.bytes)
    return bytes === null ? [] : [{ ...entry, bytes }]
  })
}

/** The same as a forger would hand them over: the manifest states the digests of what is there. */
export function relisted(
  list: readonly ZipEntry[],
  before: readonly ZipEntry[] = entries,
): ZipEntry[] {
  const digests = new Map(list.map(({ name, bytes }) => [name, sha256(bytes)]))
  return altered(
    {
      'manifest.json': (bytes) => {
        let text = fromUtf8(bytes)
        for (const { name, bytes } of before) {
          const digest = digests.get(name)
          const line = `{"name":"${name}","sha256":"${sha256(bytes)}"}`
          if (digest === undefined) text = text.replace(`,${line}`, '').replace(`${line},`, '')
          else text = text.replace(line, `{"name":"${name}","sha256":"${digest}"}`)
        }
        return utf8(text)
      },
    },
    list,
  )
}

/** Text put in place of another, which has to be there. */
export const replaced =
  (from: string | RegExp, to: string) =>
  (bytes: Uint8Array): Uint8Array => {
    const text = fromUtf8(bytes)
    if (text.replace(from, to) === text) throw new Error(`nothing to replace: ${String(from)}`)
    return utf8(text.replace(from, to))
  }

export const flipped =
  (bit: number) =>
  (bytes: Uint8Array): Uint8Array => {
    const at = Math.floor(bit / 8) % bytes.length
    return bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit % 8)))
  }

export function given(
  what: string,
  list: readonly ZipEntry[],
  rest: Partial<BundleCase> = {},
): BundleCase {
  return { what, zip: writeZip(list), anchors: trusted, ...rest }
}

const without = (...names: readonly string[]): ZipEntry[] =>
  entries.filter(({ name }) => !names.includes(name))
const gone = () => null

function* orders(): Generator<BundleCase> {
  yield given('in order', entries, { expected: 'valid' })
  yield given(
    'deflated',
    entries.map((entry) => ({ ...entry, deflate: true })),
    { expected: 'valid' },
  )
  yield given('in another order', entries.toReversed(), { expected: 'valid' })
  yield given('with the document given', entries, { expected: 'valid', document: content })
  yield given('with another document given', entries, { expected: 'invalid', document: 'autre' })
  const bare = without('document/1')
  yield given('without a document', bare, { expected: 'valid' })
  yield given('without, the document given', bare, { expected: 'valid', document: content })
  yield given('without, another document given', bare, { expected: 'invalid', document: 'autre' })
  const attestations = { fr: utf8('%PDF fr'), en: utf8('%PDF en') }
  const attested = world.bundle(deposit, { attestations })
  yield given('with attestations', attested, { expected: 'valid' })
  const other = altered({ 'attestation.fr.pdf': () => utf8('%PDF') }, attested)
  yield given('with an altered attestation', other, { expected: 'invalid' })
  yield given('with an attestation of anybody', relisted(other, attested))
  const large = { fr: new Uint8Array(3_000_000), en: utf8('x') }
  yield given('with a large attestation', world.bundle(deposit, { attestations: large }), {
    expected: 'invalid',
  })
  yield given('a witness required', entries, { expected: 'valid', requireWitness: 1 })
}

function* anchorsChanged(): Generator<BundleCase> {
  yield given('without anchors', entries, { expected: 'cannot-tell', anchors: null })
  yield given('an empty folder of anchors', entries, {
    expected: 'cannot-tell',
    anchors: new Map(),
  })
  const decisive = ['journal.vkeys', 'lat.pem', 'tsa.pem']
  const add = (what: string, name: string, bytes: Uint8Array | null, expected?: string) => {
    const anchors = new Map(trusted)
    if (bytes === null) anchors.delete(name)
    else anchors.set(name, bytes)
    return given(`${name} ${what}`, entries, {
      anchors,
      ...(expected === undefined ? {} : { expected }),
    })
  }
  for (const [name, bytes] of trusted) {
    yield add('missing', name, null, decisive.includes(name) ? 'cannot-tell' : 'valid')
    yield add('empty', name, utf8(''))
    yield add(
      'is no such file',
      name,
      utf8('x\u0000y'),
      name === 'box.txt' ? 'invalid' : 'unusable',
    )
    yield add('with a comment and an empty line', name, Buffer.concat([utf8('# note\n\n'), bytes]))
    yield add('with the lines of another system', name, replaced(/\n/g, '\r\n')(bytes))
  }
  for (const [name, bytes] of stranger.anchorFiles()) {
    yield add("is a stranger's", name, bytes)
    yield add("with a stranger's beside", name, Buffer.concat([bytes, trusted.get(name) ?? bytes]))
  }
  const journal = fromUtf8(trusted.get('journal.vkeys') ?? new Uint8Array(0))
  yield add('with another key id', 'journal.vkeys', utf8(journal.replace(/\+[0-9a-f]/, '+x')))
  yield add('of another journal', 'journal.vkeys', utf8(`${vkeyOf(testSigner('box-9/1', 2))}\n`))
  yield add("'s witness twice", 'witness.vkeys', trusted.get('audit.vkeys') ?? null)
  const script = entries.find(({ name }) => name === 'verify.sh')?.bytes ?? new Uint8Array(0)
  yield add('lists the script', 'release.sha256', utf8(`${sha256(script)}  verify.sh\n`), 'valid')
  yield add('lists another script', 'release.sha256', utf8(`${sha256(utf8(''))}  verify.sh\n`))
  yield add('is broken', 'release.sha256', utf8('abc\n'))
}

function vkeyOf(signer: ReturnType<typeof testSigner>): string {
  const { name, keyId, type, publicKey } = signer.key
  const encoded = Buffer.concat([Uint8Array.of(type), publicKey]).toString('base64')
  return `${name}+${Buffer.from(keyId).toString('hex')}+${encoded}`
}

function* flips(): Generator<BundleCase> {
  for (const { name, bytes } of entries) {
    for (const bit of [5, bytes.length * 4 + 1]) {
      const list = altered({ [name]: flipped(bit) })
      yield given(`${name}, bit ${bit} altered`, list, { expected: 'invalid' })
      if (name !== 'manifest.json' && !name.startsWith('document/')) {
        yield given(`${name}, bit ${bit} altered and listed so`, relisted(list))
      }
    }
  }
  const whole = writeZip(entries)
  const rest = { anchors: trusted, isDamaged: true }
  for (let at = 3; at < 90; at += 3) {
    yield { what: `header bit ${at}`, zip: flipped(at * 8 + (at % 8))(whole), ...rest }
  }
  for (let at = 0; at < 30; at++) {
    const bit = (whole.length - 1500 + at * 50) * 8 + (at % 8)
    yield { what: `directory bit ${bit}`, zip: flipped(bit)(whole), ...rest }
  }
}

function* listings(): Generator<BundleCase> {
  for (const { name } of entries) {
    const list = altered({ [name]: gone })
    yield given(
      `${name} missing`,
      list,
      name.startsWith('document/') ? {} : { expected: 'invalid' },
    )
    if (name !== 'manifest.json' && !name.startsWith('document/')) {
      yield given(`${name} neither there nor listed`, relisted(list))
    }
    const [twice] = entries.filter((entry) => entry.name === name)
    if (twice) yield given(`${name} twice`, [...entries, twice], { expected: 'invalid' })
  }
  for (const name of [
    ...['more.txt', 'document/2', 'document/0', 'document/01', 'traces/9.json', 'blocks/x'],
    ...['traces/', 'x/', '../x', '/x', 'C:/x', 'C:x', 'a\\b', './lat.json', 'x//y', 'x/../y', 'é'],
    ...['LAT.JSON', '', '.', 'a\u0000b', 'a\nb', 'lat.json '],
  ]) {
    const extra = { name, bytes: utf8(name.endsWith('/') ? '' : 'x') }
    yield given(`an entry ${JSON.stringify(name)}`, [...entries, extra])
    const list = [...entries, extra]
    const manifest = replaced(
      '"entries":[',
      `"entries":[{"name":${JSON.stringify(name)},"sha256":"${sha256(extra.bytes)}"},`,
    )
    yield given(`${JSON.stringify(name)} listed`, altered({ 'manifest.json': manifest }, list))
  }
}

function* containers(): Generator<BundleCase> {
  const whole = writeZip(entries)
  const zip = (what: string, zip: Uint8Array, expected?: string) => ({
    what,
    zip,
    anchors: trusted,
    ...(expected === undefined ? {} : { expected }),
  })
  yield zip('something before the zip', Buffer.concat([utf8('x'), whole]), 'unusable')
  yield zip('something after the zip', Buffer.concat([whole, utf8('x')]), 'unusable')
  yield zip('a comment', Buffer.concat([whole.subarray(0, -2), Uint8Array.of(1, 0), utf8('x')]))
  yield zip('cut short', whole.subarray(0, -1), 'unusable')
  yield zip('text', utf8('not a zip at all'), 'unusable')
  yield zip('nothing', new Uint8Array(0), 'unusable')
  yield zip('a zip of nothing', writeZip([]))
  const change = (what: string, change: Partial<ZipEntry>, expected?: string) =>
    zip(
      what,
      writeZip(entries.map((each) => (each.name === 'lat.json' ? { ...each, ...change } : each))),
      expected,
    )
  yield change('encrypted', { encrypted: true }, 'unusable')
  yield change('packed in an unknown way', { method: 99 }, 'unusable')
  yield change('not deflate', { deflate: true, packed: utf8('not deflate') })
  yield change('larger than it may be', { bytes: Buffer.alloc(3 << 20), deflate: true })
  yield change('of another size than stated', { deflate: true, statedSize: 100 })
  yield change('stored, of another size than stated', { statedSize: 100 })
}

function* manifests(): Generator<BundleCase> {
  const changes: [string, string | RegExp, string, string?][] = [
    ['format 3', '"format":1', '"format":3', 'cannot-tell'],
    ['format 2, with documents', '"format":1', '"format":2', 'invalid'],
    ['format 0', '"format":1', '"format":0'],
    ['another state', '"state":"witnessed"', '"state":"accepted"'],
    ['state dated', '"state":"witnessed"', '"state":"dated"'],
    ['an unknown state', '"state":"witnessed"', '"state":"perfect"'],
    ['a space', ':', ': '],
    ['another member', '"vault":', '"unknown":1,"vault":'],
    ['another box', /"box":"[^"]*"/, '"box":"box-9"'],
    ['another journal', /"origin":"[^"]*"/, '"origin":"box-9/1"'],
    ['another size', /"size":[0-9]+/, '"size":1'],
    ['another document', '"name":"document/1"', '"name":"document/2"'],
    ['no documents', /"documents":\[.*?\}\]/, '"documents":[]'],
    ['a large number', /"size":[0-9]+/, '"size":9007199254740993'],
    ['a fraction', /"size":[0-9]+/, '"size":1.0'],
  ]
  for (const [what, from, to, expected] of changes) {
    const list = altered({ 'manifest.json': replaced(from, to) })
    yield given(`manifest: ${what}`, list, expected === undefined ? {} : { expected })
  }
  const opening = /"(object|depositor|metadata)":\{[^}]*\}/
  for (const name of ['object', 'depositor', 'metadata']) {
    const erased = altered({
      'openings.json': replaced(new RegExp(`"${name}":\\{[^}]*\\}`), `"${name}":null`),
    })
    yield given(`opening ${name} erased`, relisted(erased))
    if (name === 'metadata') {
      yield given('metadata erased whole', relisted(altered({ 'metadata.json': gone }, erased)), {
        expected: 'valid',
      })
    }
  }
  yield given(
    'openings of another member',
    relisted(altered({ 'openings.json': replaced(opening, '"other":null') })),
  )
}

export const stranger = await TestWorld.create()

/** Every case, in an order that doesn't matter. */
export function* bundleCases(): Generator<BundleCase> {
  yield* orders()
  yield* anchorsChanged()
  yield* listings()
  yield* containers()
  yield* manifests()
  yield* flips()
}
