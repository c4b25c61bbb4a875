import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@probant/host'
import { createPool, migrate } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import t from 'tap'
import { Type } from 'typebox'
import { TestCentre } from './support/centre.ts'
import { bodyOf } from './support/mail.ts'
import { read } from './support/shapes.ts'

// Contacts are verified before they are told anything.

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const ContactShape = Type.Object({
  id: Type.String(),
  channel: Type.String(),
  address: Type.Union([Type.String(), Type.Null()]),
  state: Type.String(),
})
const ListShape = Type.Object({ items: Type.Array(ContactShape) })

async function added(centre: TestCentre, body: object): Promise<string> {
  const answer = await centre.api('POST', '/contacts', body)
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return read(ContactShape, answer.body).id
}

async function stateOf(centre: TestCentre, id: string): Promise<string | undefined> {
  const { body } = await centre.api('GET', '/contacts?removed=true')
  return read(ListShape, body).items.find((one) => one.id === id)?.state
}

/** Link and code of the newest message to an address, once it is there. */
async function asked(centre: TestCentre, to: string, messages: number) {
  await centre.mails(messages)
  const mail = centre.relay.received.findLast((one) => one.to === to)
  const text = mail === undefined ? '' : bodyOf(mail)
  return {
    text,
    link: /http:\/\/centre\.test\/confirm-contact#(\S+)/.exec(text)?.[1] ?? '',
    code: /code to the centre’s operator: (\w+)/.exec(text)?.[1] ?? '',
  }
}

void t.test('a contact is told nothing before its link is followed', async (t) => {
  const centre = await TestCentre.start(t)
  const stranger = {}
  const call = (path: string, body: unknown) => centre.api('POST', path, body, stranger)
  const id = await added(centre, { email: 'new@client.example' })
  const { link, text } = await asked(centre, 'new@client.example', 1)
  t.notMatch(text, 'new@client.example', 'nothing personal')
  const followed = await centre.follow('box-7', { everySeconds: null })
  followed.box.acts(6)
  followed.box.checkpoint()
  followed.box.flip(3)
  await centre.ship(followed)
  t.equal((await centre.alerts()).length, 1)
  await centre.pass(90 * MINUTE_MS)
  t.equal(centre.relay.received.length, 1, 'no alert, no reminder')
  t.same((await centre.alerts())[0]?.notifications, [])

  t.match(await call('/contact-verifications/preview', { link }), {
    status: 200,
    body: { isDone: false, centre: 'centre.test' },
  })
  t.equal(await stateOf(centre, id), 'unverified', 'a mail gateway that looks changes nothing')
  const at = link.length - 40
  const forged = link.slice(0, at) + (link[at] === 'A' ? 'B' : 'A') + link.slice(at + 1)
  for (const [what, other] of [
    ['another signature', forged],
    ['a longer life', link.replace(/\.\d{13}\./, '.9999999999999.')],
    ['cut short', link.slice(0, -1)],
  ] as const)
    t.match(await call('/contact-verifications', { link: other }), { status: 403 }, what)
  t.match(await call('/acknowledgements', { link }), { status: 403 }, 'a link has one purpose')
  t.equal(await stateOf(centre, id), 'unverified')

  for (const what of ['once', 'again'])
    t.match(
      await call('/contact-verifications', { link }),
      { status: 200, body: { isDone: true } },
      what,
    )
  t.match((await centre.api('GET', '/contacts')).body, {
    items: [{ id, channel: 'email', state: 'verified', verifiedBy: 'link', verifiedAt: /Z$/ }],
  })
  const [entry, ...more] = await centre.entriesOf('contact-verified')
  t.match(entry, { outcome: 'done', data: { contact: id, by: 'link', address: {} } })
  t.equal(more.length, 0, 'once')
  await centre.pass(3 * 60 * MINUTE_MS)
  await centre.mails(2)
  t.match(centre.relay.received[1]?.text, /Subject: .*Rappel/, 'from now on it is reminded')

  await centre.api('DELETE', `/contacts/${id}`)
  t.match(await call('/contact-verifications/preview', { link }), { status: 410 }, 'removed')
  t.equal(await stateOf(centre, id), 'removed')
  t.same(read(ListShape, (await centre.api('GET', '/contacts')).body).items, [])
})

void t.test('by its code, by messages that end, and not too many of them', async (t) => {
  const centre = await TestCentre.start(t)
  const email = 'night@client.example'
  const id = await added(centre, { email })
  const path = `/contacts/${id}/verification`
  const first = await asked(centre, email, 1)
  t.match(await centre.api('POST', path), { status: 429 }, 'at once')
  centre.clock.advance(MINUTE_MS + 1)
  t.match(await centre.api('POST', path), { status: 202, body: { id, state: 'unverified' } })
  const second = await asked(centre, email, 2)
  t.not(second.code, first.code)
  const wrong = await centre.api('POST', `${path}/code`, { code: first.code })
  t.match(wrong, { status: 422 }, 'the code of the message before')
  for (let tries = 0; tries < 4; tries++)
    await centre.api('POST', `${path}/code`, { code: '22222222' })
  const late = await centre.api('POST', `${path}/code`, { code: second.code })
  t.match(late, { status: 410 }, 'five wrong ones end it')
  t.equal((await centre.entriesOf('contact-verified', 5)).at(-1)?.outcome, 'refused')

  for (let sent = 3; sent <= 5; sent++) {
    centre.clock.advance(MINUTE_MS + 1)
    t.equal((await centre.api('POST', path)).status, 202, `message ${sent}`)
    await asked(centre, email, sent)
  }
  centre.clock.advance(MINUTE_MS + 1)
  t.equal((await centre.api('POST', path)).status, 429, 'five a day')
  const { link, code } = await asked(centre, email, 5)
  centre.clock.advance(8 * DAY_MS)
  t.match(await centre.api('POST', '/contact-verifications', { link }, {}), { status: 410 })
  t.match(await centre.api('POST', `${path}/code`, { code }), { status: 410 }, 'a week later')
  t.equal((await centre.api('POST', path)).status, 202)
  const last = await asked(centre, email, 6)
  t.match(await centre.api('POST', `${path}/code`, { code: last.code }), {
    status: 200,
    body: { id, state: 'verified', verifiedBy: 'code' },
  })
  t.match(await centre.api('POST', path), { status: 409 }, 'nothing to send any more')
  t.equal((await centre.entriesOf('contact-verification-asked', 6)).length, 6)
  const { rows } = await centre.database.query('SELECT FROM centre.contacts WHERE code IS NOT NULL')
  t.same(rows, [], 'the code is forgotten')
})

void t.test('no mailboxes are filled by adding contacts', async (t) => {
  const centre = await TestCentre.start(t)
  for (let count = 0; count < 50; count++)
    await added(centre, { email: `someone-${count}@client.example` })
  t.match(await centre.api('POST', '/contacts', { email: 'one-more@client.example' }), {
    status: 429,
    body: { type: 'urn:probant:problem:too-many-messages' },
  })
  t.equal(read(ListShape, (await centre.api('GET', '/contacts')).body).items.length, 50)
})

void t.test('contacts of an installation from before are told as they were', async (t) => {
  const logger = createLogger({ component: 'supervisor', level: 'silent' })
  const migrations = join(import.meta.dirname, '../migrations')
  const earlier = await mkdtemp(join(tmpdir(), 'probant-migrations-'))
  for (const name of await readdir(migrations))
    if (name.endsWith('.sql') && name < '0013')
      await copyFile(join(migrations, name), join(earlier, name))
  const db = await testDatabase({ name: 'centre' })
  await migrate({ ...db.connection, folder: earlier, logger })
  const database = createPool({ ...db.connection, max: 1, logger })
  t.teardown(async () => {
    await database.close()
    await db.drop()
    await rm(earlier, { recursive: true })
  })
  await database.query(
    `INSERT INTO centre.contacts (tenant_id, contact_id, email, added_at, removed_at)
     SELECT tenant_id, gen_random_uuid(), email, now(), removed
     FROM centre.tenants, (VALUES ('duty@client.example', NULL), ('', now())) AS c (email, removed)`,
  )
  await migrate({ ...db.connection, folder: migrations, logger })
  const { rows } = await database.query(
    'SELECT address, channel, verified_by FROM centre.contacts ORDER BY address',
  )
  t.same(rows, [
    { address: '', channel: 'email', verified_by: null },
    { address: 'duty@client.example', channel: 'email', verified_by: 'migration' },
  ])
})
