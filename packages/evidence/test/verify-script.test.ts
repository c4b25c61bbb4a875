import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { canonicalBytes, formatLat, parseLat, utf8, verifyScript } from '../src/index.ts'
import type { BundleEntry, JsonObject } from '../src/index.ts'
import { jsonOf } from './bundle/forgery.ts'
import { bytesOf, deposit, entries, replaced, without, world } from './bundle/one-deposit.ts'
import { signNote } from './journal-world.ts'
import { hasOpenssl } from './openssl-authority.ts'
import { testSigner } from './test-crypto.ts'
import { TestWorld } from './world.ts'

// verify.sh against the same manipulations as the verifier: it must never say valid where that says otherwise.

const folder = mkdtempSync(join(tmpdir(), 'probant-script-'))
t.teardown(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly status: number | null
  readonly output: string
}

function write(into: string, files: Iterable<readonly [string, Uint8Array]>): string {
  for (const [name, bytes] of files) {
    const path = join(into, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  return into
}

let runs = 0
function run(
  bundle: readonly BundleEntry[],
  anchors = world.anchorFiles(),
  documents: readonly string[] = [],
): Run {
  const name = String(++runs)
  const unpacked = write(
    join(folder, name),
    bundle.map((entry) => [entry.name, entry.bytes]),
  )
  const trusted = write(join(folder, `${name}-anchors`), anchors)
  const { status, stdout, stderr } = spawnSync('sh', ['verify.sh', trusted, ...documents], {
    cwd: unpacked,
    encoding: 'utf8',
  })
  return { status, output: `${stdout}${stderr}` }
}

const edited = (name: string, changes: JsonObject): Uint8Array =>
  canonicalBytes({ ...jsonOf(bytesOf(name)), ...changes })

void t.test('the script', { skip: !hasOpenssl && 'no openssl' }, (t) => {
  t.ok(verifyScript.trimEnd().split('\n').length < 100, 'short enough to be read')
  t.equal(spawnSync('sh', ['-n'], { input: verifyScript }).status, 0)
  const whole = run(entries)
  t.equal(whole.status, 0, whole.output)
  t.match(whole.output, /\nvalid\n$/)
  t.match(whole.output, /ok {10}digests of document\/2/)
  t.notMatch(whole.output, /INVALID|can't tell|note {8}document/)
  t.end()
})

void t.test('documents', { skip: !hasOpenssl && 'no openssl' }, (t) => {
  const bare = without('document/1', 'document/2')
  const absent = run(bare)
  t.equal(absent.status, 0)
  t.match(absent.output, /document\/2 is not here/)
  const right = join(folder, 'right')
  const wrong = join(folder, 'wrong')
  writeFileSync(right, 'le second')
  writeFileSync(wrong, 'le sexond')
  t.equal(run(bare, undefined, [right]).status, 0)
  t.equal(run(bare, undefined, [wrong]).status, 1)
  t.equal(run(entries, undefined, [wrong]).status, 1)
  const altered = [...without('document/2'), { name: 'document/2', bytes: utf8('le sexond') }]
  t.match(run(altered), { status: 1, output: /INVALID {5}digests of document\/2/ })
  t.end()
})

void t.test('anchors that are missing', { skip: !hasOpenssl && 'no openssl' }, (t) => {
  for (const name of ['lat.pem', 'tsa.pem', 'journal.vkeys']) {
    const files = world.anchorFiles()
    files.delete(name)
    t.match(run(entries, files), { status: 3, output: new RegExp(name) }, name)
  }
  const other = world.anchorFiles()
  other.set('journal.vkeys', utf8('other/1+00000000+AAAA\n'))
  t.equal(run(entries, other).status, 3)
  t.end()
})

void t.test('authorities outside', { skip: !hasOpenssl && 'no openssl' }, async (t) => {
  const stranger = await TestWorld.create()
  const files = world.anchorFiles()
  const own = files.get('tsa.pem') ?? utf8('')
  files.set('outside-tsa.pem', own)
  t.notMatch(run(entries, files).output, /by an authority outside/, 'a root in both is the box’s')
  files.set('tsa.pem', stranger.anchorFiles().get('tsa.pem') ?? utf8(''))
  t.match(run(entries, files), { status: 0, output: /by an authority outside/ })
  files.delete('tsa.pem')
  t.match(run(entries, files), { status: 0, output: /by an authority outside/ })
})

void t.test('manipulations', { skip: !hasOpenssl && 'no openssl' }, async (t) => {
  const stranger = await TestWorld.create()
  const lat = parseLat(deposit.lat)
  const badSignature = formatLat({ ...lat, signature: { ...lat.signature, value: utf8('x') } })
  const notary = testSigner(world.journal.origin, 2)
  const forgedNote = signNote('box-7f3a/1\n6\nAAAA\n', notary)
  const cases: [string, BundleEntry[], Map<string, Uint8Array>?][] = [
    ['an entry that is not the one listed', without('README.txt')],
    ['another lat.json', replaced('lat.json', badSignature)],
    ['another statement', replaced('statement.json', edited('statement.json', { size: 7 }))],
    ['another token', replaced('token.tst', utf8('x'))],
    ['another signature', replaced('signature.der', utf8('x'))],
    ['other signed bytes', replaced('signed-bytes.bin', new Uint8Array(64))],
    ['another opening', replaced('openings.json', utf8('{"object":null}'))],
    ['another trace', replaced('traces/4.json', edited('traces/4.json', { act: 'list' }))],
    ['another deposit', replaced('traces/2.json', edited('traces/2.json', { act: 'read' }))],
    ['another proof', replaced('traces/4.tlog-proof', utf8('x\nindex 4\n\n'))],
    ['another checkpoint', replaced('checkpoint.txt', utf8(forgedNote))],
    ['another LAT key', entries, mixed('lat.pem')],
    ['another authority', entries, mixed('tsa.pem')],
    ['another journal key', entries, mixed('journal.vkeys')],
  ]
  function mixed(name: string): Map<string, Uint8Array> {
    const files = world.anchorFiles()
    files.set(name, stranger.anchorFiles().get(name) ?? utf8(''))
    return files
  }
  for (const [what, bundle, anchors] of cases) {
    const found = run(bundle, anchors)
    t.equal(found.status, 1, `${what}\n${found.output}`)
    t.match(found.output, /\ninvalid\n$/)
  }
})

void t.test(
  'a batch of one, and several keys',
  { skip: !hasOpenssl && 'no openssl' },
  async (t) => {
    const alone = await TestWorld.create()
    const single = await alone.deposit(undefined, { alone: true })
    t.equal(parseLat(single.lat).tree.path.length, 0)
    t.equal(run(alone.bundle(single), alone.anchorFiles()).status, 0)
    const other = await TestWorld.create()
    const files = world.anchorFiles()
    const both = Buffer.concat([
      other.anchorFiles().get('lat.pem') ?? utf8(''),
      files.get('lat.pem') ?? utf8(''),
    ])
    files.set('lat.pem', both)
    t.equal(run(entries, files).status, 0)
  },
)
