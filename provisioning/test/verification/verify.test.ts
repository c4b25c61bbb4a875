import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { utf8, type BundleEntry } from '@probant/evidence'
import t from 'tap'
import { cosign } from '../../../packages/evidence/test/journal-world.ts'
import { TestWorld } from '../../../packages/evidence/test/world.ts'
import { UnusableInput } from '@probant/verification'
import { verifyCommand } from '../../cli/verify.ts'
import * as renewed from '../../../packages/evidence/test/bundle/renewed.ts'
import { writeZip, type ZipEntry } from './zip-writer.ts'

const cli = join(import.meta.dirname, '../../cli/probant.ts')
const folder = mkdtempSync(join(tmpdir(), 'probant-verify-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const world = await TestWorld.create()
const deposit = await world.deposit([utf8('le document\n')])
const entries = world.bundle(deposit)
const bundle = saved('bundle.zip', writeZip(entries))
const anchors = anchorsFolder('anchors', world.anchorFiles())
const document = saved('document.pdf', utf8('le document\n'))

function saved(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

function anchorsFolder(name: string, files: ReadonlyMap<string, Uint8Array>): string {
  mkdirSync(join(folder, name))
  for (const [file, bytes] of files) saved(join(name, file), bytes)
  return join(folder, name)
}

interface Run {
  readonly status: number | null
  readonly output: string
}

/** The command as its parser calls it, without a process of its own. */
async function verify(...words: string[]): Promise<Run> {
  const [file = '', ...rest] = words
  const { values } = parseArgs({
    args: rest,
    options: {
      document: { type: 'string' },
      at: { type: 'string' },
      anchors: { type: 'string' },
      'require-witness': { type: 'string' },
      json: { type: 'boolean' },
      lang: { type: 'string' },
    },
  })
  const { 'require-witness': count = '0', ...options } = values
  try {
    const found = await verifyCommand(
      file,
      { ...options, requireWitness: Number(count) },
      { LANG: 'C' },
    )
    return { status: found.exitCode, output: found.text }
  } catch (error) {
    if (!(error instanceof UnusableInput)) throw error
    return { status: error.exitCode, output: error.message }
  }
}

/** The command as people call it. */
function probant(...words: string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'verify', ...words], {
    encoding: 'utf8',
    env: { ...process.env, LANG: 'fr_FR.UTF-8', LC_ALL: '', LC_MESSAGES: '' },
  })
  return { status, output: `${stdout}${stderr}` }
}

let zips = 0
function zipped(list: readonly ZipEntry[]): string {
  return saved(`${++zips}.zip`, writeZip(list))
}

function changed(name: string, change: Partial<ZipEntry>): ZipEntry[] {
  return entries.map((entry: BundleEntry) =>
    entry.name === name ? { ...entry, ...change } : entry,
  )
}

void t.test('a bundle in order', async (t) => {
  const found = await verify(bundle, '--anchors', anchors)
  t.equal(found.status, 0, found.output)
  for (const words of [
    /Answer: VALID\n/,
    /SHA-256 {2}[0-9a-f]{64}/,
    /SHA3-256 [0-9a-f]{64}/,
    /received at 2026-03-01T12:00:01.500Z \(the box's own claim\)/,
    /witnessed at 2026-03-01T12:05:00.000Z by centre.example\/w, ed25519 \(independent/,
    /state: witnessed/,
    /does not prove/,
    /that what the document says is true/,
  ]) {
    t.match(found.output, words)
  }
  const deflated = zipped(entries.map((entry) => ({ ...entry, deflate: true })))
  t.match(await verify(deflated, '--anchors', anchors), { status: 0 })
  t.match(await verify(bundle, '--anchors', anchors, '--require-witness', '1'), { status: 0 })
  t.match(await verify(bundle, '--anchors', anchors, '--document', document), { status: 0 })
})

void t.test('in French', async (t) => {
  const found = await verify(bundle, '--anchors', anchors, '--lang', 'fr')
  t.match(found.output, /Réponse : VALIDE\n/)
  t.match(found.output, /vu le 2026-03-01T12:05:00.000Z par le témoin/)
  const altered = zipped(changed('document/1', { bytes: utf8('le dokument\n') }))
  const invalid = await verify(altered, '--anchors', anchors, '--lang', 'fr')
  t.match(invalid.output, /INVALIDE {5}documents/)
  t.match(invalid.output, /le document n’est pas celui qui a été archivé/)
  t.match(invalid.output, /depuis : 2026-03-01T12:00:01.500Z/)
  t.match(await verify(bundle, '--lang', 'de'), { status: 2 })
})

void t.test('as JSON', async (t) => {
  const { status, output } = await verify(bundle, '--anchors', anchors, '--json')
  t.equal(status, 0)
  const report: unknown = JSON.parse(output)
  t.match(report, {
    answer: 'valid',
    exitCode: 0,
    verdict: { status: 'valid' },
    checks: [{ name: 'entries', verdict: { status: 'valid' }, isDecisive: true }],
    facts: { state: 'witnessed', documents: [{ name: 'document/1', compared: 'bundle' }] },
    notProved: ['time-is-the-boxes-claim'],
  })
  const invalid = await verify(
    zipped(changed('lat.json', { bytes: utf8('{}') })),
    '--anchors',
    anchors,
    '--json',
  )
  t.equal(invalid.status, 1)
  t.match(JSON.parse(invalid.output), {
    answer: 'invalid',
    exitCode: 1,
    verdict: { code: 'altered-entry', where: 'lat.json' },
  })
})

void t.test('invalid: what, where, since when', async (t) => {
  const bytes = utf8('le dokument\n')
  const flipped = await verify(zipped(changed('document/1', { bytes })), '--anchors', anchors)
  t.equal(flipped.status, 1)
  t.match(flipped.output, /INVALID {5,}documents: SHA-256, SHA3-256, size/)
  t.match(flipped.output, /where: document\/1/)
  t.match(flipped.output, /since: 2026-03-01T12:00:01.500Z/)
  const other = await verify(bundle, '--anchors', anchors, '--document', saved('other.pdf', bytes))
  t.equal(other.status, 1)
  t.match(other.output, /the file given is not what was archived/)

  const unlisted = zipped([...entries, { name: 'traces/9.json', bytes }])
  t.match(await verify(unlisted, '--anchors', anchors), { status: 1, output: /is not listed/ })
  const unknown = zipped([...entries, { name: 'more.txt', bytes }])
  t.match(await verify(unknown, '--anchors', anchors), {
    status: 1,
    output: /no bundle has an entry/,
  })
  const twice = zipped([...entries, { name: 'lat.json', bytes }])
  t.match(await verify(twice, '--anchors', anchors), {
    status: 1,
    output: /lat.json is there twice/,
  })
  const damaged = zipped(changed('lat.json', { deflate: true, packed: utf8('not deflate') }))
  t.match(await verify(damaged, '--anchors', anchors), { status: 1, output: /can't be unpacked/ })
  const headless = writeZip(entries)
  headless[3] = 0
  t.match(await verify(saved('headless.zip', headless), '--anchors', anchors), {
    status: 1,
    output: /can't be unpacked/,
  })
  const bomb = zipped(changed('lat.json', { bytes: Buffer.alloc(64 * 2 ** 20), deflate: true }))
  t.match(await verify(bomb, '--anchors', anchors), {
    status: 1,
    output: /lat.json has 67108864 bytes/,
  })
  const liar = zipped(
    changed('lat.json', { bytes: Buffer.alloc(64 * 2 ** 20), deflate: true, statedSize: 100 }),
  )
  t.match(await verify(liar, '--anchors', anchors), { status: 1, output: /can't be unpacked/ })
})

void t.test("can't tell: what is missing", async (t) => {
  const nothing = await verify(bundle)
  t.equal(nothing.status, 3)
  for (const name of ['tsa.pem', 'lat.pem', 'journal.vkeys']) {
    t.match(nothing.output, new RegExp(`missing: .*${name}`))
  }
  const note = world.journal.checkpoint()
  const [witness] = world.witnesses
  if (witness === undefined) return
  const plain = zipped(world.bundle(deposit, { checkpointNote: note }))
  const accepted = await verify(plain, '--anchors', anchors)
  t.equal(accepted.status, 0)
  t.match(accepted.output, /state: accepted/)
  const required = await verify(plain, '--anchors', anchors, '--require-witness', '1')
  t.equal(required.status, 3)
  t.match(required.output, /missing: cosignatures by as many witnesses/)
  const cosigned = zipped(world.bundle(deposit, { checkpointNote: cosign(note, witness, 1) }))
  t.match(await verify(cosigned, '--anchors', anchors, '--require-witness', '1'), { status: 0 })
})

void t.test('without a document', async (t) => {
  const bare = zipped(entries.filter((entry) => entry.name !== 'document/1'))
  const absent = await verify(bare, '--anchors', anchors)
  t.equal(absent.status, 0)
  t.match(absent.output, /NOT COMPARED/)
  const given = await verify(bare, '--anchors', anchors, '--document', document)
  t.match(given, { status: 0, output: /compared with the file given/ })
})

void t.test('unusable input', async (t) => {
  const slip = zipped([...entries, { name: '../../outside', bytes: utf8('x') }])
  const absolute = zipped([...entries, { name: '/outside', bytes: utf8('x') }])
  const encrypted = zipped(changed('lat.json', { encrypted: true }))
  const exotic = zipped(changed('lat.json', { method: 99 }))
  const cases: [string[], RegExp][] = [
    [[slip], /Unsafe filename: ..\/..\/outside/],
    [[absolute], /Unsafe filename: \/outside/],
    [[encrypted], /encrypted/],
    [[exotic], /encrypted or packed/],
    [[document], /not a zip/],
    [[join(folder, 'none.zip')], /none.zip/],
    [[bundle, '--document', join(folder, 'none.pdf')], /none.pdf is not a file/],
    [[bundle, '--anchors', join(folder, 'none')], /none is not a folder/],
    [[bundle, '--anchors', document], /is not a folder/],
  ]
  for (const [words, output] of cases) t.match(await verify(...words), { status: 2, output })
  const broken = anchorsFolder('broken', new Map([['lat.pem', utf8('x')]]))
  t.match(await verify(bundle, '--anchors', broken), { status: 2, output: /anchors: lat.pem/ })
  mkdirSync(join(folder, 'odd/lat.pem'), { recursive: true })
  t.match(await verify(bundle, '--anchors', join(folder, 'odd')), {
    status: 2,
    output: /can't be read/,
  })
  const folders = zipped([...entries, { name: 'traces/', bytes: utf8('') }])
  t.match(await verify(folders, '--anchors', anchors), { status: 0 }, 'folders hold nothing')
})

void t.test('as people call it', (t) => {
  const french = probant(bundle, '--anchors', anchors)
  t.match(french, { status: 0, output: /Réponse : VALIDE/ })
  t.match(probant(bundle, '--anchors', anchors, '--lang', 'en'), { output: /Answer: VALID/ })
  t.equal(probant(zipped([])).status, 1)
  t.match(probant(document), { status: 2, output: /not a zip/ })
  t.match(probant(), { status: 2, output: /missing required argument/ })
  t.match(probant(bundle, '--more'), { status: 2, output: /unknown option/ })
  t.match(probant('--help'), { status: 0, output: /2 unusable input/ })
  t.end()
})

void t.test('a large document, in constant memory', async (t) => {
  const kibibytes = async (sizeBytes: number): Promise<number> => {
    const other = await TestWorld.create()
    const deposited = await other.deposit([Buffer.alloc(sizeBytes, 'abcdefgh')])
    const path = zipped(other.bundle(deposited).map((entry) => ({ ...entry, deflate: true })))
    const trusted = anchorsFolder(`large-${sizeBytes}`, other.anchorFiles())
    const script = `
      process.argv.splice(1, 1, ${JSON.stringify(cli)}, 'verify', ${JSON.stringify(path)},
        '--anchors', ${JSON.stringify(trusted)})
      process.on('exit', () => process.stderr.write('KIB ' + process.resourceUsage().maxRSS))
      await import(${JSON.stringify(cli)})`
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, 'x'],
      { encoding: 'utf8' },
    )
    t.equal(status, 0)
    return Number(/KIB (\d+)/.exec(stderr)?.[1])
  }
  const small = await kibibytes(1)
  const large = await kibibytes(160 * 2 ** 20)
  t.ok(large - small < 100 * 1024, `${small} KiB for a byte, ${large} KiB for 160 MiB`)
})

await t.test('as of a day: renewed evidence says through what chain it holds', async (t) => {
  const dating = await renewed.dating(renewed.record2034)
  const file = saved('renewed.zip', writeZip(renewed.bundled({ dating })))
  const bare = saved('bare.zip', writeZip(renewed.bundled({ dating: await renewed.dating() })))
  const trusted = anchorsFolder('renewed', renewed.anchorFiles())
  const at = (path: string, day: string, ...more: string[]) =>
    verify(path, '--anchors', trusted, '--at', day, ...more)
  const { status, output } = await at(file, '2041-02-25')
  t.equal(status, 0, output)
  t.match(output, /judged as of 2041-02-25T00:00:00\.000Z/)
  t.match(
    output,
    /by the time-stamp of 2026-03-01.*TSA until 2030 \(sha512, sha256, ecdsa-p256-sha256\)/,
  )
  t.match(output, /renewed at 2029-03-01.*TSA until 2040 \(sha512, sha384, ecdsa-p384-sha384\)/)
  t.match(output, /renewed with new digests at 2034-03-01.*TSA until 2049 \(sha3-512/)
  t.match(output, /holds until 2049-01-01/)
  t.match(output, /does not rest on SHA-256/)
  t.match(
    output,
    /the acts after the deposit are in the journal: that rests on a retired algorithm/,
  )
  t.match(
    output,
    /Test TSA, which stamped the archive proof, ended at 2040.*authority outside shows/,
  )
  const unrenewed = await at(bare, '2041-02-25T12:00:00Z')
  t.equal(unrenewed.status, 3)
  t.match(unrenewed.output, /detail: a renewal before 2030-01-01/)
  t.equal((await at(bare, '2029-12-31')).status, 0)
  t.match(
    (await at(file, '2041-02-25', '--lang', 'fr')).output,
    /renouvelé avec de nouvelles empreintes/,
  )
  const asJson = await at(file, '2041-02-25', '--json')
  t.match(asJson.output, /"at": "2041-02-25T00:00:00.000Z"/)
  t.equal(asJson.output, (await at(file, '2041-02-25', '--json')).output)
  for (const bad of ['yesterday', '2041-02-30', '2041-02-25T12:00'])
    t.equal((await at(file, bad)).status, 2, bad)
})
