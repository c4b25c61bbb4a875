import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { utf8, type BundleEntry } from '@probant/evidence'
import t from 'tap'
import { collect, depositAll } from '../../packages/evidence/test/collected.ts'
import { TestWorld } from '../../packages/evidence/test/world.ts'
import { writeZip } from '../../provisioning/test/verification/zip-writer.ts'
import { hasChromium, Screens } from '../portal/screens.ts'

/** The verifier in one HTML file, opened from disk in a browser without a network. */
if (!hasChromium) {
  t.plan(0, 'chromium is not installed (Debian package: chromium)')
  process.exit()
}
t.setTimeout(240_000)

const project = join(import.meta.dirname, '../..')
const folder = t.testdir({})
const run = promisify(execFile)
const file = join(folder, 'probant-verify.html')
const probant = (...words: string[]) =>
  run(process.execPath, [join(project, 'provisioning/cli/probant.ts'), ...words])
const write = (path: string) => probant('verify-page', path)

const world = await TestWorld.create()
const deposit = await world.deposit([utf8('le document\n')])
const entries = world.bundle(deposit)
const saved = async (name: string, bytes: Uint8Array | string) => {
  await writeFile(join(folder, name), bytes)
  return join(folder, name)
}
const bundle = await saved('preuve.zip', writeZip(entries))
const changed = (name: string, change: (bytes: Uint8Array) => Uint8Array): BundleEntry[] =>
  entries.map((entry) =>
    entry.name === name ? { ...entry, bytes: change(Uint8Array.from(entry.bytes)) } : entry,
  )
const tampered = await saved(
  'tampered.zip',
  writeZip(changed('document/1', (bytes) => bytes.with(0, (bytes[0] ?? 0) ^ 1))),
)
const document = await saved('document.pdf', 'le document\n')
const another = await saved('another.pdf', 'un autre\n')
const anchorsFolder = join(folder, 'anchors')
await mkdir(anchorsFolder)
const anchors: string[] = []
for (const [name, bytes] of world.anchorFiles()) {
  anchors.push(join(anchorsFolder, name))
  await writeFile(join(anchorsFolder, name), bytes)
}

await t.test('one file, the same each time, whose digest the command prints', async (t) => {
  const { stdout } = await write(file)
  const page = await readFile(file)
  const digest = createHash('sha256').update(page).digest('hex')
  t.equal(stdout, `${digest}  ${file}\n`)
  await write(join(folder, 'again.html'))
  t.ok(page.equals(await readFile(join(folder, 'again.html'))))
  t.notMatch(page.toString(), /(src|href)="[^"#]/, 'refers to no other file')
})

const screens = await Screens.open('en-GB')
t.teardown(() => screens.close())
const { page, context } = screens
await context.setOffline(true)
const requested: string[] = []
page.on('request', (request) => requested.push(request.url()))
await page.goto(pathToFileURL(file).href)

const give = (label: string, ...paths: string[]) =>
  page.locator(`input[type=file][aria-label="${label}"]`).setInputFiles(paths)
const answer = async (): Promise<string> => {
  await page.getByRole('button', { name: 'Verify', exact: true }).click()
  return page.locator('.answer').innerText()
}
const result = (check: RegExp) =>
  page.getByRole('row', { name: check }).locator('.badge').innerText()

await t.test('nothing chosen: says what to do', async (t) => {
  await page.getByRole('button', { name: 'Verify', exact: true }).click()
  t.equal(await page.getByRole('alert').innerText(), 'Choose an evidence bundle first.')
  t.same(await screens.faults(), [])
})

await t.test(
  'without anchors nothing is valid: it can’t tell, and says what is missing',
  async (t) => {
    await give('Evidence bundle', bundle)
    t.equal(await answer(), "CAN'T TELL")
    t.equal(await result(/signature by the journal/), "can't tell")
    t.match(await page.locator('main').innerText(), /journal\.vkeys/)
  },
)

await t.test('with anchors: valid, checks, facts and what isn’t proved', async (t) => {
  await give('Your trust anchors', ...anchors, another)
  t.match(await page.locator('main').innerText(), /Not anchors, left out: another\.pdf/)
  t.equal(await answer(), 'VALID')
  const text = await page.locator('main').innerText()
  t.match(text, /witnessed at .* ml-dsa-44 \(independent of the box\)/)
  t.match(text, /What it does not prove/)
  t.match(text, createHash('sha3-256').update('le document\n').digest('hex'))
  t.same(await screens.faults(), [])
})

await t.test('the report that is saved is the one of the command', async (t) => {
  await page.getByLabel(/^Judge as of/).fill('2027-03-01')
  t.equal(await answer(), 'VALID')
  t.match(await page.locator('main').innerText(), /judged as of 2027-03-01T00:00:00\.000Z/)
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save the report (JSON)' }).click()
  const download = await saving
  t.equal(download.suggestedFilename(), 'preuve.verdict.json')
  const { stdout } = await probant(
    'verify',
    bundle,
    '--anchors',
    anchorsFolder,
    '--at',
    '2027-03-01',
    '--json',
  )
  t.equal(await readFile(await download.path(), 'utf8'), stdout)
})

await t.test('the document that is held, and another', async (t) => {
  await give('Document (optional)', document)
  t.equal(await answer(), 'VALID')
  t.match(await page.locator('main').innerText(), /compared with the (file given|copy)/)
  await give('Document (optional)', another)
  t.equal(await answer(), 'INVALID')
  t.equal(await result(/^documents/), 'INVALID')
  await page.getByRole('button', { name: 'Document (optional) : Remove' }).click()
  t.equal(await page.locator('.answer').count(), 0, 'an answer to another question is not left')
})

await t.test('hostile input is refused with the reason', async (t) => {
  await give('Evidence bundle', tampered)
  t.equal(await answer(), 'INVALID')
  t.same(await screens.faults(), [])
  const slip = await saved('slip.zip', writeZip([...entries, { name: '../x', bytes: utf8('x') }]))
  await give('Evidence bundle', slip)
  t.equal(await answer(), 'UNUSABLE INPUT')
  t.match(await page.locator('main').innerText(), /Unsafe filename: \.\.\/x/)
  const twice = entries.find(({ name }) => name === 'lat.json')
  if (twice === undefined) throw new Error('no lat.json')
  await give('Evidence bundle', await saved('twice.zip', writeZip([...entries, twice])))
  t.equal(await answer(), 'INVALID')
  t.match(await page.locator('main').innerText(), /lat\.json is there twice/)
  await give('Evidence bundle', await saved('text.zip', 'not a zip at all'))
  t.equal(await answer(), 'UNUSABLE INPUT')
})

await t.test('dropped anywhere: the bundle, its document and a folder of anchors', async (t) => {
  await page.reload()
  const bytes = (await readFile(bundle)).toString('base64')
  await page.evaluate((base64) => {
    const data = new DataTransfer()
    const binary = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))
    data.items.add(new File([binary], 'dropped.zip'))
    data.items.add(new File(['le document\n'], 'paper.pdf'))
    data.items.add(new File(['some-box\n'], 'box.txt'))
    globalThis.document.body.dispatchEvent(
      new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
    )
  }, bytes)
  await page.getByText('dropped.zip').waitFor()
  t.ok(await page.getByText('paper.pdf').isVisible())
  t.ok(await page.locator('.chosen', { hasText: 'box.txt' }).isVisible())
  t.equal(await answer(), 'INVALID', 'the box is another than the one that is trusted')
})

await t.test('a collection: one line a bundle', async (t) => {
  const deposits = await depositAll(world, ['un\n', 'deux\n'])
  const bundles = new Map<string, Uint8Array>(
    deposits.map((each) => [each.statement.object, writeZip(world.bundle(each))]),
  )
  await page.reload()
  await give('Evidence bundle', await saved('recueil.zip', writeZip(collect(bundles))))
  await give('Your trust anchors', ...anchors)
  t.equal(await answer(), 'VALID')
  t.match(await page.locator('main').innerText(), /bundles: 2 valid, 0 invalid, 0 can't tell/)
  for (const object of bundles.keys()) t.equal(await result(new RegExp(object)), 'ok')
  t.same(await screens.faults(), [])
  await give('Document (optional)', another)
  t.equal(await answer(), 'INVALID', 'a document of none of them')
})

await t.test('in French, and the page asks nothing of any network', async (t) => {
  await page.getByRole('button', { name: 'Français' }).click()
  await page.getByRole('heading', { name: 'Vérifier une preuve' }).waitFor()
  t.match(await page.locator('.answer').innerText(), 'INVALIDE')
  t.same(await screens.faults(), [])
  t.ok(requested.length > 0)
  t.same(
    requested.filter((url) => !/^(file|blob):/.test(url)),
    [],
  )
  await context.setOffline(false)
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  t.same(screens.complaints, [])
  const failed = await page.evaluate(
    (url) =>
      fetch(url, { mode: 'no-cors' }).then(
        () => false,
        () => true,
      ),
    `http://127.0.0.1:${port}/`,
  )
  t.ok(failed, 'the policy of the page refuses')
  t.equal(asked, 0)
})
