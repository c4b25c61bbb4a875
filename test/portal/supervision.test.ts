import { createHash } from 'node:crypto'
import t from 'tap'
import { centreWithPages, fillFleet } from './fleet.ts'
import { hasChromium, Screens } from './screens.ts'

/** The supervision centre's pages, used as operators use them, on a real centre. The subtests build on each other. */
if (!hasChromium) {
  t.plan(0, 'chromium is not installed (Debian package: chromium)')
  process.exit(0)
}
t.setTimeout(400_000)

const { centre, address } = await centreWithPages(t)
const screens = await Screens.open()
const { page } = screens
t.teardown(() => screens.close())

const elsewhere = new Set<string>()
page.on('request', (request) => {
  const { protocol, host } = new URL(request.url())
  if (protocol !== 'blob:' && protocol !== 'data:' && `http://${host}` !== address)
    elsewhere.add(host)
})

const heading = (name: string) => page.getByRole('heading', { level: 1, name })
const section = async (name: string) => {
  const sections = page.getByRole('navigation', { name: 'Rubriques' })
  await sections.getByRole('link', { name: new RegExp(`^${name}`) }).click()
  await heading(name).waitFor()
}
const button = (name: string | RegExp) => page.getByRole('button', { name })
const row = (name: string) => page.getByRole('row', { name })
const dialog = page.getByRole('dialog')

/** A day of the browser's own clock, from now on, as a field takes it. */
const inDays = (days: number) =>
  page.evaluate((later) => {
    const day = new Date(Date.now() + later * 86_400_000)
    return day.toISOString().slice(0, 10)
  }, days)

await t.test('a centre without boxes says what to do first', async (t) => {
  const { user, password } = centre.initialised.operator
  await page.goto(address)
  await page.getByLabel('Identifiant').fill(user)
  await page.getByLabel('Mot de passe').fill(password)
  await page.keyboard.press('Enter')
  await page.getByText('Aucun boîtier n’est encore inscrit').waitFor()
  t.same(await screens.faults(), [])
  await section('Contacts')
  await page.getByText('Personne n’est prévenu des alertes').waitFor()
  await section('Parc')
  await page.getByRole('link', { name: 'Émettre un code d’inscription' }).click()
  await heading('Inscriptions').waitFor()
})

await t.test('a code is shown once, listed by its beginning, and taken back', async (t) => {
  await page.getByLabel('Identifiant du boîtier').fill('Ecole Sud')
  await page.getByLabel('Nom', { exact: true }).fill('École du Sud')
  await page.getByText('Échéances du boîtier').click()
  await page.getByLabel('Fuseau du site').selectOption('Indian/Reunion')
  await button('Émettre le code').click()
  await page.getByRole('alert').getByText('boxId').waitFor()
  t.same(await screens.faults(), [], 'with what was wrong')
  await page.getByLabel('Identifiant du boîtier').fill('ecole-sud')
  await button('Émettre le code').click()
  await dialog.getByText('il ne sera plus montré').waitFor()
  const code = await dialog.locator('.code').innerText()
  t.match(code, /^([2-9A-Z]{4}-){6}[2-9A-Z]{4}$/)
  t.same(await screens.faults(), [])
  await button('Je l’ai noté').click()
  await row('ecole-sud').getByText('En attente').waitFor()
  t.notMatch(await page.content(), code, 'not a second time')
  const { rows } = await centre.database.query<{ zone: string }>(
    "SELECT schedule->>'timeZone' AS zone FROM centre.enrolment_codes",
  )
  t.same(rows, [{ zone: 'Indian/Reunion' }])
  t.same(await screens.faults(), [])
  await button('Reprendre le code de ecole-sud').click()
  await dialog.getByRole('button', { name: 'Reprendre' }).click()
  await row('ecole-sud').getByText('Repris').waitFor()
})

await t.test('the fleet, worst first, by state and by name', async (t) => {
  await fillFleet(centre)
  await section('Parc')
  await row('notaire-durand').waitFor()
  const names = await page.getByRole('rowheader').allInnerTexts()
  t.same(names, ['Box mairie-de-lyon', 'Box notaire-durand', 'Box hopital-nord'])
  t.same(await screens.faults(), [])
  await button('1 · En ordre').click()
  await row('mairie-de-lyon').waitFor({ state: 'detached' })
  await row('hopital-nord').waitFor()
  t.equal(await page.getByRole('rowheader').count(), 1)
  await button('1 · En ordre').click()
  await page.getByLabel('Chercher un boîtier').fill('DURAND')
  await row('hopital-nord').waitFor({ state: 'detached' })
  await row('notaire-durand').getByRole('link').waitFor()
  await page.getByLabel('Chercher un boîtier').fill('')
  await row('mairie-de-lyon').getByRole('link').click()
  await heading('Box mairie-de-lyon').waitFor()
  t.same(await screens.faults(), [])
})

await t.test('a box’s timeline, filtered, and live', async (t) => {
  await page.getByRole('link', { name: 'Chronologie' }).click()
  const events = page.locator('.timeline li')
  await events.filter({ hasText: 'deux histoires' }).waitFor()
  await events.filter({ hasText: 'Échéance tenue' }).waitFor()
  await events.filter({ hasText: 'Traces 0 à 5 reçues' }).waitFor()
  t.same(await screens.faults(), [])
  await button('Échéances').click()
  await events.filter({ hasText: 'deux histoires' }).waitFor({ state: 'detached' })
  await events.filter({ hasText: 'Échéance tenue' }).waitFor()
  t.equal(await events.count(), 1)
  await page.getByLabel('Du').fill('2026-11-22')
  await page.getByText('Rien de tel').waitFor()
  await page.getByLabel('Du').fill('2026-11-21')
  await page.getByLabel('Au').fill('2026-11-21')
  await button('Maintenance').click()
  const at = (minutes: number) => new Date(centre.clock.nowMs() + minutes * 60_000).toISOString()
  const announced = { box: 'mairie-de-lyon', startsAt: at(60), endsAt: at(90), reason: 'essai' }
  await centre.api('POST', '/maintenance-windows', announced)
  await events.filter({ hasText: 'Maintenance annoncée' }).waitFor({ timeout: 15_000 })
})

await t.test('a finding with both sides, and the bytes that the centre kept', async (t) => {
  await button(/Tout/).click()
  await page.getByLabel('Du').fill('')
  await page.getByLabel('Au').fill('')
  await page.getByRole('link', { name: /deux histoires/ }).click()
  await heading('Anomalie').waitFor()
  await page.getByText('Ne rien redémarrer ni restaurer').waitFor()
  t.same(await screens.faults(), [])
  for (const side of ['Attendu', 'Constaté']) {
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      button(`Télécharger les octets (${side})`).click(),
    ])
    const bytes = Buffer.concat(await (await saved.createReadStream()).toArray())
    const digest = createHash('sha256').update(bytes).digest('hex')
    await page.getByText(digest).waitFor()
  }
  await page.getByRole('link', { name: 'Attestation' }).click()
  await page.getByText('Ce boîtier n’a rien attesté').waitFor()
  t.same(await screens.faults(), [])
})

await t.test('deadlines: tried, checked, kept, in the site’s time and in UTC', async (t) => {
  await section('Échéances')
  await row('hopital-nord').getByText('de 12:30 à 12:40').waitFor()
  t.same(await screens.faults(), [])
  await row('hopital-nord').getByRole('link').click()
  await heading('Échéances de Box hopital-nord').waitFor()
  await page.getByLabel('Début de la plage').fill('23:15')
  await page.getByLabel('Fuseau du site').selectOption('America/Cayenne')
  await button('Voir les prochaines plages').click()
  await page.getByText('2026-11-22 02:15:00 UTC').waitFor()
  await row('23:15').first().waitFor()
  t.match(await centre.api('GET', '/schedules/hopital-nord'), {
    body: { timeZone: 'Europe/Paris' },
  })
  await page.getByLabel('Délai après la fin').fill('99999')
  await button('Enregistrer').click()
  t.equal(await page.locator('input:invalid').count(), 1, 'the browser says what is wrong')
  await page.getByLabel('Délai après la fin').fill('30')
  t.same(await screens.faults(), [])
  await button('Enregistrer').click()
  await page.getByRole('status').getByText('sont enregistrées').waitFor()
  t.match(await centre.api('GET', '/schedules/hopital-nord'), {
    body: { window: { start: '23:15' }, timeZone: 'America/Cayenne', graceMinutes: 30 },
  })
})

await t.test('maintenance: announced ahead, called off', async (t) => {
  await section('Maintenances')
  await page.getByLabel('Boîtier').fill('hopital-nord')
  await page.getByLabel('Motif').fill('changement de disque')
  await page.getByLabel('Début').fill(`${await inDays(3)}T22:00`)
  await page.getByLabel('Fin').fill(`${await inDays(2)}T22:00`)
  await button('Annoncer').click()
  await page.getByRole('alert').getByText('finit après avoir commencé').waitFor()
  await page.getByLabel('Fin').fill(`${await inDays(4)}T02:00`)
  await button('Annoncer').click()
  await row('hopital-nord').getByText('À venir').waitFor()
  t.same(await screens.faults(), [])
  await button('Annuler la maintenance de hopital-nord').click()
  t.same(await screens.faults(), [])
  await dialog.getByRole('button', { name: 'Annuler', exact: true }).click()
  await row('hopital-nord').waitFor({ state: 'detached' })
  await centre.entriesOf('maintenance-cancelled')
})

await t.test('contacts: added, verified by the code that they got, removed', async (t) => {
  await section('Contacts')
  const before = centre.relay.received.length
  await page.getByLabel('Adresse électronique').fill('garde@mairie.example')
  await button('Ajouter').click()
  const contact = row('garde@mairie.example')
  await contact.getByText('À confirmer').waitFor()
  t.same(await screens.faults(), [])
  centre.centre.context.wake()
  while (centre.relay.received.length === before) await page.waitForTimeout(50)
  const text = centre.relay.received.at(-1)?.text ?? ''
  const code = /\b[2-9A-HJ-NP-Z]{8}\b/.exec(text)?.[0] ?? ''
  await button('Saisir le code reçu par garde@mairie.example').click()
  t.same(await screens.faults(), [])
  const field = page.getByRole('textbox', { name: 'Code reçu' })
  await field.fill('22222222')
  await page.keyboard.press('Enter')
  await dialog.getByRole('alert').getByText('Ce n’est pas le code envoyé').waitFor()
  await field.fill(code.toLowerCase())
  await page.keyboard.press('Enter')
  await contact.getByText('Confirmé').waitFor()
  await button('Retirer garde@mairie.example').click()
  await dialog.getByRole('button', { name: 'Retirer' }).click()
  await contact.waitFor({ state: 'detached' })
})

await t.test('an alert leads to its evidence', async (t) => {
  await section('Alertes')
  const alert = page.getByRole('listitem').filter({ hasText: 'deux histoires' })
  t.same(await screens.faults(), [])
  await alert.getByRole('link', { name: 'Voir les preuves' }).click()
  await heading('Anomalie').waitFor()
  await page.goto(`${address}/boxes/mairie-de-lyon/findings/00000000-0000-4000-8000-000000000000`)
  await page.getByRole('alert').getByText('Rien n’existe').waitFor()
})

await t.test('with the keyboard alone: every section, and an announcement', async (t) => {
  await page.goto(`${address}/maintenance`)
  await heading('Maintenances').waitFor()
  await page.locator('.skip').focus()
  const reached: string[] = []
  const tabTo = async (isThere: () => Promise<boolean>) => {
    for (let stop = 0; stop < 60 && !(await isThere()); stop += 1) {
      await page.keyboard.press('Tab')
      const [name, outline] = await page.evaluate(() => {
        const { activeElement: active } = document
        if (!active) return ['', '']
        return [active.textContent.trim(), getComputedStyle(active).outlineStyle]
      })
      t.equal(outline, 'solid', `the focus shows on ${name}`)
      reached.push(name)
    }
  }
  const isOn = (label: string) => async () =>
    page.getByLabel(label).evaluate((field) => field === document.activeElement)
  await tabTo(isOn('Boîtier'))
  for (const name of ['Parc', 'Journal des alertes', 'Contacts', 'Échéances', 'Inscriptions'])
    t.ok(reached.includes(name), name)
  await page.keyboard.type('hopital-nord')
  await tabTo(isOn('Motif'))
  await page.keyboard.type('clavier')
  await page.getByLabel('Début').fill(`${await inDays(5)}T22:00`)
  await page.getByLabel('Fin').fill(`${await inDays(5)}T23:00`)
  await page.keyboard.press('Enter')
  await row('clavier').waitFor()
  await tabTo(() =>
    button('Annuler la maintenance de hopital-nord').evaluate(
      (it) => it === document.activeElement,
    ),
  )
  await page.keyboard.press('Enter')
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  t.equal(
    await page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
    'Annuler la maintenance de hopital-nord',
    'the focus comes back',
  )
})

await t.test('in English, every page', async (t) => {
  await button(/English/).click()
  for (const [path, title] of [
    ['/', 'Fleet'],
    ['/contacts', 'Contacts'],
    ['/schedules', 'Deadlines'],
    ['/maintenance', 'Maintenance'],
    ['/enrolment', 'Enrolment'],
    ['/boxes/mairie-de-lyon/timeline', 'Timeline of Box mairie-de-lyon'],
    ['/boxes/mairie-de-lyon/schedule', 'Deadlines of Box mairie-de-lyon'],
  ] as const) {
    await page.goto(address + path)
    await heading(title).waitFor()
    await page.locator('table, .timeline, .empty').first().waitFor()
    const french = /Boîtier|Échéance|Aucun|Anomalie|Annuler|Début/.exec(
      await page.locator('body').innerText(),
    )
    t.equal(french, null, `${path} speaks English`)
  }
  t.same(await screens.faults(), [])
})

await t.test('nothing is asked of anybody else, no script failed, no policy was violated', (t) => {
  t.same([...elsewhere], [])
  t.same(screens.complaints, [])
  t.end()
})
