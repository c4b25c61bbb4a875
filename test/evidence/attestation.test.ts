import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openZip } from '@probant/verification'
import jsQR from 'jsqr'
import t from 'tap'
import { AttestationDesk } from '../../appliance/src/attestation/desk.ts'
import type { AttestationFacts } from '../../appliance/src/attestation/facts.ts'
import { createWorld, form, staff } from '../../appliance/test/world.ts'
import { verifyCommand } from '../../provisioning/cli/verify.ts'

/** The attestations in a bundle, looked at with the tools that others have for PDF. */
const tools = ['qpdf', 'pdffonts', 'pdftotext', 'pdftoppm']
const missing = tools.filter((tool) => spawnSync(tool, ['--help']).error !== undefined)
if (missing.length > 0) {
  t.plan(0, `${missing.join(', ')}: not installed (Debian packages: qpdf, poppler-utils)`)
  process.exit()
}

const folder = t.testdir({})
const run = (tool: string, ...words: string[]) =>
  spawnSync(tool, words, { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 })
const saved = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

/** What of PDF/A-2b these tools can tell: fonts, identification, colours, encryption, actions. */
function faultsOf(path: string): string[] {
  const faults: string[] = []
  // 3: it has something to say of how the file is laid out for the web.
  if (![0, 3].includes(run('qpdf', '--check', path).status ?? 2)) faults.push('qpdf --check')
  const plain = run('qpdf', '--qdf', '--object-streams=disable', path, '-').stdout
  const asked: [string, RegExp, boolean][] = [
    ['identification', /<pdfaid:part>2<\/pdfaid:part>|pdfaid:part="2"/, true],
    ['conformance', /<pdfaid:conformance>B<\/pdfaid:conformance>|pdfaid:conformance="B"/, true],
    ['output intent', /\/S \/GTS_PDFA1/, true],
    ['encryption', /\/Encrypt/, false],
    ['actions', /\/Type \/Action|\/S \/(Launch|JavaScript|URI)/, false],
    ['transparency', /\/SMask|\/CA 0|\/ca 0/, false],
  ]
  for (const [what, pattern, isWanted] of asked)
    if (pattern.test(plain) !== isWanted) faults.push(what)
  if (!/\/ID ?\[/.test(run('qpdf', '--show-object=trailer', path).stdout)) faults.push('ID')
  for (const line of run('pdffonts', path).stdout.split('\n').slice(2))
    if (line !== '' && !/ yes (yes|no ) (yes|no ) +\d+ +\d+$/.test(line)) faults.push('fonts')
  return faults
}

const textOf = (path: string) =>
  Buffer.from(run('pdftotext', '-layout', path, '-').stdout, 'latin1').toString('utf8')

/** What the QR code on a page says, as a camera would read it. */
function codeOn(path: string): string | undefined {
  const pages = Number(/Pages: +(\d+)/.exec(run('pdfinfo', path).stdout)?.[1] ?? 0)
  const place = join(folder, 'page')
  const last = String(pages)
  const { stdout } = spawnSync('pdftoppm', ['-r', '200', '-f', last, '-l', last, path], {
    maxBuffer: 64 * 1024 * 1024,
  })
  const [, width = '', height = ''] = /^P6\n(\d+) (\d+)\n255\n/.exec(
    stdout.subarray(0, 40).toString('latin1'),
  ) ?? [place]
  const rgb = stdout.subarray(stdout.length - Number(width) * Number(height) * 3)
  const rgba = new Uint8ClampedArray(Number(width) * Number(height) * 4).fill(255)
  for (let at = 0; at * 3 < rgb.length; at++) rgba.set(rgb.subarray(at * 3, at * 3 + 3), at * 4)
  return jsQR.default(rgba, Number(width), Number(height))?.data
}

const world = await createWorld()
t.teardown(() => world.close())
const { vault, token, auditorToken } = await staff(world)
const title = 'Bulletin de paie « été » — 日本'
const answer = await world.call('POST', `/vaults/${vault}/objects`, {
  token,
  body: form('contenu\n', 'paie.txt', { title }),
})
const { id, digests } = (await answer.json()) as { id: string; digests: Record<string, string> }
const path = `/vaults/${vault}/objects/${id}`
await (await world.call('GET', `${path}/content`, { token })).arrayBuffer()

async function attestations(as: string) {
  const bundle = await world.call('GET', `${path}/proof`, { token: as })
  const zip = new Blob([await bundle.arrayBuffer()])
  const opened = await openZip(zip)
  const read = (language: string) => opened.read(`attestation.${language}.pdf`, 2_000_000)
  return { zip, fr: saved('fr.pdf', await read('fr')), en: saved('en.pdf', await read('en')) }
}

await t.test('every bundle has one in French and one in English, as others see them', async (t) => {
  const { zip, fr, en } = await attestations(token)
  for (const pdf of [fr, en]) {
    t.same(faultsOf(pdf), [])
    const text = textOf(pdf)
    for (const each of [id, vault, digests['sha256'] ?? '-', digests['sha3-256'] ?? '-'])
      t.match(text, each)
    t.match(text, 'Bulletin de paie « été » — ??', 'what the font lacks is not drawn')
    t.notMatch(text, /certifi[ée]|conforme|compliant/i)
  }
  t.match(textOf(fr), /Dépôt au coffre +fait[^]*Lecture du document +fait/)
  t.match(textOf(fr), /scellé[^]*Page 1 sur \d/)
  t.match(textOf(fr), 'Aucun témoin n’a encore contresigné')
  t.match(textOf(en), /it proves nothing by itself[^]*Deposit +done[^]*Page 1 of \d/)
  const info = run('pdfinfo', fr).stdout
  t.match(info, /Tagged: +yes/)
  t.match(run('qpdf', '--qdf', fr, '-').stdout, /\/Lang \(fr\)/)

  const anchors = join(folder, 'anchors')
  mkdirSync(anchors)
  const { journalKey, latKey, tsaRoot, boxId } = world.identity
  const trusted = { 'journal.vkeys': journalKey, 'lat.pem': latKey, 'tsa.pem': tsaRoot }
  for (const [name, text] of Object.entries({ ...trusted, 'box.txt': boxId }))
    writeFileSync(join(anchors, name), `${text}\n`)
  const bundle = saved('bundle.zip', new Uint8Array(await zip.arrayBuffer()))
  const { text, exitCode } = await verifyCommand(bundle, { anchors }, { LANG: 'C' })
  t.equal(exitCode, 0, text)
  t.match(text, 'they are the box’s own account')
})

await t.test('the code says what the page says', async (t) => {
  const { fr } = await attestations(token)
  const lines = codeOn(fr)?.split('\n') ?? []
  t.equal(lines[0], 'probant-attestation 1')
  for (const line of [
    `object ${id}`,
    `vault ${vault}`,
    `sha256 ${digests['sha256'] ?? ''}`,
    `sha3-256 ${digests['sha3-256'] ?? ''}`,
  ])
    t.ok(lines.includes(line), line)
})

await t.test('who may not read the document isn’t told its title or who brought it', async (t) => {
  const { fr } = await attestations(auditorToken)
  t.notMatch(textOf(fr), /Bulletin/)
  t.match(textOf(fr), /Titre +non communiqué/)
  t.match(textOf(fr), /Déposé par +non communiqué/)
})

const digest = 'ab'.repeat(32)
const facts = (acts: number, named = 'Un titre'): AttestationFacts => ({
  box: 'box',
  vault,
  object: id,
  title: named,
  depositor: null,
  files: [{ size: 1, mediaType: 'text/plain', sha256: digest, sha3: digest }],
  receivedAt: '2026-03-01T12:00:01.500Z',
  token: { time: '2026-03-01T12:00:01.600Z' },
  cosignatures: [{ name: 'centre.example/w', time: '2026-03-01T12:05:00.000Z' }],
  datings: [{ time: '2026-03-01T13:00:00.000Z' }],
  journal: { origin: 'box/1', size: 12_345 },
  traces: Array.from({ length: acts }, (_, at) => ({
    seq: at,
    time: new Date(Date.UTC(2026, 2, 1, at)).toISOString(),
    act: at === 0 ? 'deposit' : 'some-act',
    outcome: at % 2 === 0 ? 'done' : 'refused',
  })),
})

await t.test('the same bytes whatever was drawn before; many pages; any text', async (t) => {
  const desk = new AttestationDesk()
  t.teardown(() => desk.close())
  const first = await desk.draw(facts(3))
  // Text after text with glyphs that several characters share.
  await desk.draw(facts(1, 'a\u00a0b\u2010c office Ωµ µΩ'))
  t.same(await desk.draw(facts(3)), first)
  const other = new AttestationDesk()
  await other.draw(facts(1, '\u00a0\u00a0µ Ω'))
  t.same(await other.draw(facts(3)), first)
  await other.close()

  const long = saved('long.pdf', (await desk.draw(facts(250, 'x'.repeat(3000)))).fr)
  t.same(faultsOf(long), [])
  t.match(textOf(long), /… et d’autres actes, .* leur nombre : 50/)
  t.match(textOf(long), /Contresigné par/)
  const odd = '\u0000\ud800 \u202eabc 🙂 ﷽ \u0301e\u0301'
  t.same(faultsOf(saved('odd.pdf', (await desk.draw(facts(1, odd))).en)), [])
})

// Files that pass or fail one rule each; a clone without them has its own tests above.
const samples = join(import.meta.dirname, '../../../shared/samples/pdfa')
const hasSamples = existsSync(samples)
await t.test('the same look at files known to be good and bad', { skip: !hasSamples }, (t) => {
  const sample = (name: string) => faultsOf(join(samples, name))
  t.same(sample('2b-pass.pdf'), [])
  t.ok(sample('2b-font-not-embedded-fail.pdf').includes('fonts'))
  t.ok(sample('1b-no-id-fail.pdf').includes('ID'))
  t.ok(sample('1b-launch-action-fail.pdf').includes('actions'))
  t.end()
})
