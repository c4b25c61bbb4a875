import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import Type from 'typebox'
import { Value } from 'typebox/value'
import { signingInOtherwise } from './account.ts'
import { Installation } from './installation.ts'
import { hasChromium, Screens } from './screens.ts'

/** The two sites, used as people use them, against the real services. The subtests build on each other. */
if (!hasChromium) {
  t.plan(0, 'chromium is not installed (Debian package: chromium)')
  process.exit(0)
}
t.setTimeout(400_000)

const installation = await Installation.start()
const { demo } = installation
const screens = await Screens.open()
const { page } = screens
t.teardown(async () => {
  await screens.close()
  await installation.stop()
})

const rowOf = (title: string) => page.getByRole('row', { name: title })
const depositOf = (name: string) => page.getByRole('listitem').filter({ hasText: name })
const picker = () => page.locator('input[type=file]')
const file = (name: string, text: string) => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(text),
})

/** What is asked of the report of `probant verify` about a collection. */
const Collected = Type.Object({
  answer: Type.Literal('valid'),
  objects: Type.Array(Type.Object({ object: Type.String() })),
})

/** Heads go out at whole minutes: what is deposited now is seen unwitnessed for a while. */
async function untilHeadIsFar(): Promise<void> {
  const second = new Date().getUTCSeconds()
  if (second > 45) await page.waitForTimeout((62 - second) * 1000)
}

async function bytesOf(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ])
  const bytes = Buffer.concat(await (await saved.createReadStream()).toArray())
  return { name: saved.suggestedFilename(), bytes }
}

await t.test(
  'signing in: French first, a wrong password is told, English is remembered',
  async (t) => {
    await page.goto(demo.portal)
    await page.getByRole('heading', { name: 'Se connecter' }).waitFor()
    t.equal(await page.getAttribute('html', 'lang'), 'fr')
    t.same(await screens.faults(), [])
    await page.getByLabel('Identifiant').fill('staff')
    await page.getByLabel('Mot de passe').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('n’est pas le bon').waitFor()
    await page.getByRole('button', { name: 'English' }).click()
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    t.equal(await page.getAttribute('html', 'lang'), 'en')
    await page.getByRole('button', { name: 'Français' }).click()
    await screens.signIn(demo.portal, 'staff', installation.passwordOf('staff'))
    t.match(await page.title(), /^Coffre .+ · Probant$/)
    t.same(await screens.faults(), [])
  },
)

await t.test('deposits: several files, one after the other, each with its own fate', async (t) => {
  await picker().setInputFiles([
    file('premier.txt', 'un'),
    file('vide.txt', ''),
    file('second.txt', 'deux'),
  ])
  await page.getByText('2 documents sont déposés').waitFor()
  t.match(await depositOf('vide.txt').innerText(), /Non déposé[^]*est vide/)
  t.match(await depositOf('second.txt').innerText(), /Déposé/)
  await rowOf('premier.txt').waitFor()
  await rowOf('second.txt').waitFor()
  t.same(await screens.faults(), [])
  await page.getByRole('button', { name: 'Vider cette liste' }).click()
  t.equal(await depositOf('premier.txt').count(), 0)
})

await t.test('deposits by drag and drop', async () => {
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['glissé'], 'glissé.txt', { type: 'text/plain' }))
    const zone = document.querySelector('.drop')
    for (const kind of ['dragover', 'drop'])
      zone?.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }))
  })
  await rowOf('glissé.txt').waitFor()
})

await t.test('a deposit can be cancelled, and one that failed tried again', async (t) => {
  const isDeposit = (url: URL) => url.pathname.endsWith('/objects')
  let isDown = true
  await page.route(isDeposit, async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    if (isDown) return route.abort('connectionrefused')
    await new Promise((resolve) => setTimeout(resolve, 400))
    return route.continue().catch(() => undefined)
  })
  await picker().setInputFiles([file('coupé.txt', 'un')])
  await depositOf('coupé.txt').getByText('ne répond pas').waitFor()
  isDown = false
  await picker().setInputFiles([file('annulé.txt', 'deux'), file('lent.txt', 'lent')])
  await depositOf('annulé.txt').getByText('Envoi').waitFor()
  await page.getByRole('button', { name: 'Annuler le dépôt de annulé.txt' }).click()
  await page.getByRole('button', { name: 'Réessayer de déposer coupé.txt' }).click()
  await rowOf('coupé.txt').waitFor()
  await rowOf('lent.txt').waitFor()
  t.match(await depositOf('annulé.txt').innerText(), /rien n’a été conservé/)
  t.equal(await rowOf('annulé.txt').count(), 0)
  await page.unroute(isDeposit)
})

await t.test('a session that ends loses no work, and nobody deposits for another', async (t) => {
  await screens.context.clearCookies()
  await picker().setInputFiles([file('attente.txt', 'patience')])
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  t.same(await screens.faults(), [])
  t.equal(await dialog.getByLabel('Identifiant').inputValue(), 'staff')
  await dialog.getByLabel('Mot de passe').fill(installation.passwordOf('staff'))
  await page.keyboard.press('Enter')
  await rowOf('attente.txt').waitFor()
  t.equal(await dialog.count(), 0)

  await screens.context.clearCookies()
  await picker().setInputFiles([file('pour moi.txt', 'moi')])
  await dialog.waitFor()
  await dialog.getByLabel('Identifiant').fill('auditor')
  await dialog.getByLabel('Mot de passe').fill(installation.passwordOf('auditor'))
  await page.keyboard.press('Enter')
  await page.getByText('mais pas y déposer').waitFor()
  t.equal(await page.getByText('pour moi.txt').count(), 0)
  t.match(await page.getByRole('table').innerText(), /Titre masqué/)
  t.notMatch(await page.getByRole('table').innerText(), /premier\.txt/)
  await page.getByRole('button', { name: 'Se déconnecter' }).click()
  await page.getByRole('heading', { name: 'Se connecter' }).waitFor()
  await screens.signIn(demo.portal, 'staff', installation.passwordOf('staff'))
  t.equal(await rowOf('pour moi.txt').count(), 0)
})

await t.test(
  'a document: its state in plain words, its proof, its bytes, its journal',
  async (t) => {
    await untilHeadIsFar()
    await picker().setInputFiles([file('preuve.txt', 'un')])
    await rowOf('preuve.txt').getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: 'preuve.txt' }).waitFor()
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1')
    await page.getByText('doit encore le constater').waitFor()
    t.match(await page.locator('time').first().getAttribute('title'), / UTC$/)
    await installation.probant('agent', 'ship', '--now')
    await page.getByText('a contresigné le journal').waitFor({ timeout: 25_000 })

    await page.getByRole('button', { name: 'Contrôler maintenant' }).click()
    await page.getByText('Intact').waitFor()
    t.same(
      (await bytesOf(page, 'Télécharger le document')).bytes,
      Buffer.from('un'),
      'the very bytes deposited',
    )
    const proof = await bytesOf(page, 'Télécharger le dossier de preuve')
    const bundle = join(installation.home, proof.name)
    await writeFile(bundle, proof.bytes)
    await t.resolves(installation.probant('verify', bundle, '--anchors', demo.anchors))

    await page.getByText('Empreintes du document').click()
    await page.getByText('Actes sur ce document').click()
    await page.getByRole('row', { name: 'Contrôle d’intégrité' }).waitFor()
    t.match(await page.getByRole('table').innerText(), /Dépôt/)
    t.same(await screens.faults(), [])
  },
)

await t.test(
  'an idle page asks for the head alone: what leaves traces is not repeated',
  async (t) => {
    await page.getByRole('link', { name: 'Tous les documents' }).click()
    await rowOf('premier.txt').waitFor()
    await page.waitForTimeout(1000)
    const asked: string[] = []
    const listen = (request: { url: () => string }) => asked.push(new URL(request.url()).pathname)
    page.on('request', listen)
    await page.waitForTimeout(12_000)
    page.off('request', listen)
    t.ok(asked.length >= 1 && asked.length <= 2, `${asked.length} requests in 12 s`)
    t.same([...new Set(asked)], ['/api/v1/journal/head'])
  },
)

await t.test('the evidence of documents that are chosen, and of the whole vault', async (t) => {
  const verified = async (button: string) => {
    const { name, bytes } = await bytesOf(page, button)
    t.match(name, /^preuves-.*\.zip$/)
    const zip = join(installation.home, name)
    await writeFile(zip, bytes)
    const found: unknown = JSON.parse(
      await installation.probant('verify', zip, '--anchors', demo.anchors, '--json'),
    )
    return Value.Parse(Collected, found).objects.length
  }
  for (const title of ['premier.txt', 'second.txt'])
    await rowOf(title).getByRole('checkbox').check()
  await page.getByText('Documents choisis : 2.').waitFor()
  t.same(await screens.faults(), [])
  t.equal(await verified('Télécharger les preuves des documents choisis'), 2)
  await page.getByRole('button', { name: 'Ne plus rien choisir' }).click()
  t.ok((await verified('Télécharger les preuves de tout le coffre')) > 2)
})

await t.test('everything can be reached with the keyboard alone', async (t) => {
  const reached: string[] = []
  await page.locator('.skip').focus()
  const isTitle = () => page.evaluate(() => document.activeElement?.matches('tbody a') === true)
  for (let stop = 0; stop < 40 && !(await isTitle()); stop += 1) {
    await page.keyboard.press('Tab')
    const [name, outline] = await page.evaluate(() => {
      const { activeElement: active } = document
      if (!active) return ['', '']
      return [active.textContent.trim(), getComputedStyle(active).outlineStyle]
    })
    t.equal(outline, 'solid', `the focus shows on ${name}`)
    reached.push(name)
  }
  for (const name of ['EN', 'Se déconnecter', 'Choisir des fichiers', 'Actualiser'])
    t.ok(reached.includes(name), name)
  const title = reached.at(-1) ?? ''
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
})

await t.test('a document of several files: each is downloaded by itself', async (t) => {
  const body = new FormData()
  body.append('metadata', JSON.stringify({ title: 'dossier à deux fichiers' }))
  for (const name of ['un.txt', 'deux.txt']) body.append('file', new Blob([name]), name)
  const answer = await fetch(`${demo.portal}/api/v1/vaults/${demo.vault}/objects`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.token}` },
    body,
  })
  const { id } = Value.Parse(Type.Object({ id: Type.String() }), await answer.json())
  await page.goto(`${demo.portal}/vaults/${demo.vault}/documents/${id}`)
  await page.getByRole('row', { name: 'deux.txt' }).waitFor()
  t.equal(await page.getByRole('button', { name: 'Télécharger le document' }).count(), 0)
  t.same((await bytesOf(page, 'Télécharger deux.txt')).bytes, Buffer.from('deux.txt'))
  t.same(await screens.faults(), [])
})

await t.test('signing in with an app, a recovery code, a passkey', async (t) => {
  await signingInOtherwise(t, screens, installation)
  await page.goto(demo.portal)
  await page.getByRole('table').waitFor()
  await rowOf('premier.txt').getByRole('link').click()
  await page.getByRole('heading', { level: 1, name: 'premier.txt' }).waitFor()
})

const damaged = new Set<string>()

/** Turns one bit of the first stored file that is chosen and wasn't damaged before. */
async function damage(isChosen: (path: string) => boolean): Promise<void> {
  const folder = join(installation.home, 'box', 'store', 'objects')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
  const path = paths.find((each) => isChosen(each) && !damaged.has(each)) ?? ''
  damaged.add(path)
  const stored = await readFile(path)
  stored[stored.length - 1] = (stored.at(-1) ?? 0) ^ 1
  await writeFile(path, stored)
}

await t.test('an altered file: the check says so, and its bytes are not given out', async (t) => {
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  await damage((path) => path.includes(id))
  await page.getByRole('button', { name: 'Contrôler maintenant' }).click()
  await page.getByRole('alert').getByText('Altéré').waitFor()
  await page.getByRole('button', { name: 'Télécharger le document' }).click()
  await page.getByRole('alert').getByText('il n’est pas rendu').waitFor()
  t.same(await screens.faults(), [])
})

await t.test(
  'the supervision pages show the alert as it comes, and take its acknowledgement',
  async (t) => {
    await page.goto(demo.supervision)
    await page.getByRole('button', { name: 'jeton d’accès' }).click()
    await page.getByLabel('Jeton d’accès').fill(demo.supervisionToken)
    t.same(await screens.faults(), [])
    await page.keyboard.press('Enter')
    await page.getByRole('row', { name: 'En ordre' }).waitFor()
    t.same(await screens.faults(), [])

    const shipped: unknown = await installation
      .probant('agent', 'ship', '--now')
      .catch((error: unknown) => error)
    t.match(shipped, { code: 1, stdout: /integrity-failure-on-box/ }, 'the box has found it')
    await page.getByRole('status').getByText('Nouvelle alerte').waitFor()
    await page.getByRole('row', { name: 'Alerte' }).getByRole('link').click()
    await page.getByRole('heading', { name: 'Anomalies constatées' }).waitFor()
    await page.getByText('integrity-failure-on-box').first().waitFor()
    t.same(await screens.faults(), [])

    await page.getByRole('link', { name: /^Alertes/ }).click()
    await page.getByRole('button', { name: 'Prendre en charge' }).click()
    await page.getByLabel('Note').fill('Je regarde.')
    t.same(await screens.faults(), [])
    await page.getByRole('dialog').getByRole('button', { name: 'Prendre en charge' }).click()
    await page.getByText('Note : Je regarde.').waitFor()
    await page.getByRole('button', { name: 'Clore' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Clore' }).click()
    await page.getByText('Résolue', { exact: true }).waitFor()
    t.same(await screens.faults(), [])

    await acknowledgedByLink(t)
    await page.getByRole('link', { name: 'Journal des alertes' }).click()
    await page
      .getByRole('row', { name: 'Alerte prise en charge' })
      .first()
      .waitFor({ timeout: 90_000 })
    t.same(await screens.faults(), [])
    await page.getByRole('link', { name: 'Parc' }).click()
    await page.getByRole('row', { name: 'En ordre' }).waitFor()
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('row', { name: 'In order' }).waitFor()
  },
)

/** Another document is damaged; whoever gets the message takes charge in a browser that knows nobody here. */
async function acknowledgedByLink(t: Test): Promise<void> {
  const folder = join(installation.home, 'mail')
  const known = await linksIn(folder)
  await damage(() => true)
  await installation.probant('agent', 'ship', '--now').catch(() => undefined)
  // The message goes out once the alert is there; others, that an alert was resolved, may come in between.
  let link: string | undefined
  while (link === undefined) {
    await page.waitForTimeout(100)
    link = (await linksIn(folder)).find((each) => !known.includes(each))
  }
  const other = await Screens.open()
  try {
    await other.page.goto(link)
    await other.page.getByRole('heading', { name: 'Prendre en charge' }).waitFor()
    await other.page.getByText('À traiter').waitFor()
    t.notMatch(other.page.url(), '#', 'the secret is out of the address')
    t.same(await other.faults(), [])
    await other.page.getByLabel('Note').fill('En route.')
    await other.page.getByRole('button', { name: 'Prendre en charge' }).click()
    await other.page.getByText('L’alerte est prise en charge.').waitFor()
    t.same(await other.faults(), [])
    await other.page.goto(link.slice(0, -3))
    await other.page.reload()
    await other.page.getByRole('alert').getByText('recopiez-le en entier').waitFor()
    t.same(other.complaints, [])
  } finally {
    await other.close()
  }
  await page.getByText('Note : En route.').waitFor()
  await page.getByRole('button', { name: 'Clore' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Clore' }).click()
  await page.getByText('Résolue', { exact: true }).nth(1).waitFor()
}

/** Where messages let their readers take charge. */
async function linksIn(folder: string): Promise<string[]> {
  // a message that is still being written has another ending
  const names = (await readdir(folder)).filter((name) => name.endsWith('.eml'))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) => {
    const body = text.replaceAll('=\r\n', '').replaceAll('=\n', '').replaceAll('=3D', '=')
    return /http\S+\/acknowledge#\S+/.exec(body)?.[0] ?? []
  })
}

await t.test('the interface can be read at /api/docs', async () => {
  for (const address of [demo.portal, demo.supervision]) {
    await page.goto(`${address}/api/docs`)
    await page.locator('.opblock').first().waitFor()
  }
})

await t.test('no script failed and no policy was violated on the way', (t) => {
  t.same(screens.complaints, [])
  t.end()
})
