import { parseNote, parseVkey, verifyNote } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import t, { type Test } from 'tap'
import { Type } from 'typebox'
import { createMailer } from '../src/alerts/mailer.ts'
import { TestCentre, type Followed } from './support/centre.ts'
import { bodyOf, TestRelay } from './support/mail.ts'
import { house, TestHook } from './support/receivers.ts'
import { read } from './support/shapes.ts'
import { until } from './support/until.ts'

// A mail relay that accepts, delays, refuses, hangs, drops the connection, lies; and what the centre makes of each.

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const DUTY = 'duty@client.example'
const NIGHT = 'night@client.example'

/** Until every message that is due was tried, and what follows from it was done. */
const settled = (centre: TestCentre) =>
  until('settled', centre, async () => {
    const { rows } = await centre.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM centre.notifications
       WHERE (state = 'pending' AND next_attempt_at <= $1) OR (state = 'failed' AND fell_back_at IS NULL)`,
      [new Date(centre.clock.nowMs()).toISOString()],
    )
    return rows[0]?.count === 0
  })

async function altered(centre: TestCentre, boxId = 'box-7'): Promise<Followed> {
  const followed = await centre.follow(boxId, { everySeconds: null })
  followed.box.acts(6)
  followed.box.checkpoint()
  followed.box.flip(3)
  await centre.ship(followed)
  return followed
}

const ContactsShape = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      address: Type.String(),
      standsInFor: Type.Union([Type.String(), Type.Null()]),
      unreachable: Type.Optional(Type.Object({ since: Type.String(), why: Type.String() })),
    }),
  ),
  messageKey: Type.Object({ vkey: Type.String() }),
})
const contacts = async (centre: TestCentre) =>
  read(ContactsShape, (await centre.api('GET', '/contacts')).body)
const contact = async (centre: TestCentre, address: string) => {
  const found = (await contacts(centre)).items.find((one) => one.address === address)
  if (found === undefined) throw new Error(`no contact ${address}`)
  return found
}
const mailsTo = (centre: TestCentre, to: string) =>
  centre.relay.received.filter((one) => one.to === to).map(bodyOf)
const broken = async (centre: TestCentre) =>
  (await centre.alerts()).filter(({ kind }) => kind === 'alerting-broken')
const findings = async (centre: TestCentre) => {
  const { rows } = await centre.database.query<{ found: string; resolved: boolean }>(
    `SELECT found, r.finding_id IS NOT NULL AS resolved
     FROM centre.findings f LEFT JOIN centre.finding_resolutions r USING (tenant_id, box_id, finding_id)
     WHERE kind = 'alerting-broken' ORDER BY raised_at`,
  )
  return rows
}

/** The contact on duty, and who stands in; both verified. */
async function inTurn(t: Test): Promise<TestCentre> {
  const centre = await TestCentre.start(t)
  await centre.tell(DUTY)
  const { id } = await contact(centre, DUTY)
  const standIn = { email: NIGHT, standsInFor: id }
  t.match(await centre.api('POST', '/contacts', standIn), { status: 201 })
  const second = { email: 'third@client.example', standsInFor: id }
  t.equal((await centre.api('POST', '/contacts', second)).status, 409, 'one stands in for one')
  t.equal((await centre.api('POST', '/contacts', { ...second, boxes: [] })).status, 400)
  await centre.mails(1)
  const link = /confirm-contact#(\S+)/.exec(mailsTo(centre, NIGHT)[0] ?? '')?.[1]
  t.equal((await centre.api('POST', '/contact-verifications', { link }, {})).status, 200)
  centre.relay.received.length = 0
  return centre
}

void t.test(
  'refused for good: who stands in is told at once, and that alerting is broken',
  async (t) => {
    const centre = await inTurn(t)
    centre.relay.answers.set(DUTY, 550)
    await altered(centre)
    await until('told', centre, () => mailsTo(centre, NIGHT).length === 2)
    await settled(centre)
    const [one, other] = mailsTo(centre, NIGHT)
    t.match([one, other].sort().join(), /altered-trace[^]*alerting-broken/)
    const [alert, ...more] = await broken(centre)
    t.equal(more.length, 0, 'in one alert')
    t.match(alert, {
      ...{ box: null, severity: 'warning', state: 'open' },
      sentence: { fr: /joindre un contact par courriel/, en: /reach a contact by e-mail/ },
    })
    t.match(await findings(centre), [{ found: 'a message refused with 550', resolved: false }])
    t.match(await contact(centre, DUTY), { unreachable: { why: 'refused' } })
    t.notMatch(JSON.stringify(await centre.alerts()), 'client.example', 'no address')

    await centre.pass(8 * HOUR_MS)
    await settled(centre)
    t.equal((await findings(centre)).length, 1, 'no alert about alerts about alerts')
    t.equal((await broken(centre)).length, 1)
    const before = mailsTo(centre, NIGHT).length
    t.ok(before < 10, `${before} messages in eight hours`)
    const attempts = (await centre.alerts()).flatMap(({ notifications }) => notifications)
    t.ok(attempts.filter(({ outcome }) => outcome === 'failed').length > 2, 'it is tried again')

    centre.relay.answers.clear()
    await centre.pass(8 * HOUR_MS)
    await settled(centre)
    t.match(await findings(centre), [{ resolved: true }])
    t.equal((await contact(centre, DUTY)).unreachable, undefined)
    t.match((await broken(centre))[0], { state: 'open' }, 'until somebody acknowledges it')
    const told = mailsTo(centre, NIGHT).length
    const taken = mailsTo(centre, DUTY).length
    t.ok(taken > 0)
    await altered(centre, 'box-8')
    await until('told', centre, () => mailsTo(centre, DUTY).length === taken + 1)
    await settled(centre)
    t.equal(mailsTo(centre, NIGHT).length, told, 'and who stands in hears no more')
  },
)

void t.test('delayed: after a quarter of an hour who stands in is told', async (t) => {
  const centre = await inTurn(t)
  centre.relay.answers.set(DUTY, 451)
  await altered(centre)
  await until(
    'deferred',
    centre,
    async () => (await centre.alerts())[0]?.notifications[1]?.reply === '451',
  )
  await centre.pass(10 * MINUTE_MS)
  await settled(centre)
  t.same(mailsTo(centre, NIGHT), [], 'greylisting breaks nothing')
  t.same(await findings(centre), [])
  await centre.pass(6 * MINUTE_MS)
  await until('told', centre, () => mailsTo(centre, NIGHT).length >= 2)
  t.match(await findings(centre), [
    { found: 'a message that is not taken, with 451', resolved: false },
  ])
  centre.relay.answers.clear()
  await centre.pass(HOUR_MS)
  await until('reached', centre, async () => (await findings(centre))[0]?.resolved === true)
})

void t.test('nobody stands in: it is said on the pages, and once', async (t) => {
  const centre = await TestCentre.start(t)
  await centre.tell(DUTY)
  centre.relay.answer = 554
  await altered(centre)
  await until('raised', centre, async () => (await broken(centre)).length === 1)
  await centre.pass(4 * HOUR_MS)
  await settled(centre)
  t.equal((await findings(centre)).length, 1)
  t.equal((await centre.alerts()).length, 2)
})

void t.test(
  'a relay that took the message and dropped the connection gets it again, under one identifier',
  async (t) => {
    const centre = await TestCentre.start(t)
    await centre.tell(DUTY)
    centre.relay.isDropping = true
    await altered(centre)
    await until('deferred', centre, async () =>
      (await centre.alerts()).some(({ notifications }) =>
        notifications.some(({ outcome }) => outcome === 'deferred'),
      ),
    )
    centre.relay.isDropping = false
    await centre.pass(MINUTE_MS)
    await until('sent again', centre, () => mailsTo(centre, DUTY).length === 2)
    const ids = centre.relay.received.map(({ text }) => /^Message-ID: (.*)$/im.exec(text)?.[1])
    t.ok(ids[0])
    t.equal(ids[0], ids[1])
    await settled(centre)
    t.same(await findings(centre), [])
  },
)

void t.test('a relay that hangs is left', async (t) => {
  const relay = new TestRelay()
  await relay.listen()
  t.teardown(() => relay.close())
  relay.delayMs = 3000
  const mail = { host: '127.0.0.1', port: relay.port, from: 'probant@centre.test', secure: false }
  const mailer = createMailer(mail, 'centre.test', 300)
  const message = { id: 'm', type: 'test', severity: 'notice', occasion: 'test-1' } as const
  const handover = await mailer.send(DUTY, {
    ...message,
    ...{ subject: 's', text: 't', line: 'l', data: {} },
  })
  mailer.close()
  t.match(handover, { outcome: 'deferred', reply: /^E\w+$/ })
})

void t.test('a relay that lies: a test that nobody confirms', async (t) => {
  const centre = await inTurn(t)
  centre.settings.alerts = { allClearEveryDays: null }
  await centre.restart()
  await settled(centre)
  await centre.pass(HOUR_MS)
  await settled(centre)
  t.same(centre.relay.received, [], 'none at the start')
  centre.clock.advance(7 * DAY_MS)
  await until('tested', centre, () => centre.relay.received.length === 2)
  await settled(centre)
  const linkIn = (to: string) => /confirm-test#(\S+)/.exec(mailsTo(centre, to)[0] ?? '')?.[1] ?? ''
  const confirm = (path: string, link: string) =>
    centre.api('POST', `/test-confirmations${path}`, { link }, {})
  t.equal((await confirm('/preview', linkIn(NIGHT))).status, 200)
  t.equal((await confirm('', linkIn(NIGHT))).status, 200)
  t.equal((await confirm('', linkIn(NIGHT).replace(/.$/, '!'))).status, 403)
  t.match(await centre.entriesOf('alert-test-confirmed'), [
    { outcome: 'done', data: { contact: (await contact(centre, NIGHT)).id, by: 'link' } },
  ])
  t.same(await findings(centre), [])
  centre.clock.advance(3 * DAY_MS + MINUTE_MS)
  await until('raised', centre, async () => (await findings(centre)).length === 1)
  t.match(await findings(centre), [
    { found: 'a test message that nobody confirmed within 3 days', resolved: false },
  ])
  await until('told', centre, () => mailsTo(centre, NIGHT).length === 2)
  await settled(centre)
  t.match(mailsTo(centre, NIGHT)[1], /Kind: alerting-broken/, 'who stands in hears of it')
  t.match(await contact(centre, DUTY), { unreachable: { why: 'unconfirmed' } }, '250 says nothing')
  t.match(await findings(centre), [{ resolved: false }])
  t.equal((await confirm('', linkIn(DUTY))).status, 200, 'the mailbox was read late')
  t.equal((await contact(centre, DUTY)).unreachable, undefined)
  t.match(await findings(centre), [{ resolved: true }])
})

void t.test(
  'all-clears: signed, with the date of the next; a webhook confirms tests by itself',
  async (t) => {
    const centre = await TestCentre.start(t)
    const its = await house(t)
    const hook = new TestHook(its)
    centre.settings.alerts = { tlsRoots: its.roots }
    await centre.restart()
    await centre.api('POST', '/contacts', { webhook: await hook.listen(t) })
    await centre.tell(DUTY)
    await until('verified', centre, () => hook.received.length === 1)
    await settled(centre)
    // the first round gives the dates
    await until('dated', centre, async () => {
      const { rows } = await centre.database.query(
        'SELECT FROM centre.contacts WHERE next_all_clear_at IS NOT NULL AND next_test_at IS NOT NULL',
      )
      return rows.length === 2
    })
    centre.clock.advance(7 * DAY_MS)
    await until(
      'cleared',
      centre,
      () => centre.relay.received.length === 2 && hook.received.length === 3,
    )
    await settled(centre)
    const text = mailsTo(centre, DUTY).find((one) => one.includes('probant/all-clear/v1')) ?? ''
    t.match(text, /next message of this kind is due on 2026-12-05T11:00/)
    const note = text.slice(text.indexOf('probant/all-clear/v1')).replaceAll('\r\n', '\n')
    const { vkey } = (await contacts(centre)).messageKey
    const signed = async (of: string) =>
      (await verifyNote(nodeCrypto, parseNote(of), [parseVkey(vkey)])).verifiedBy.length
    t.equal(await signed(`${note.trimEnd()}\n`), 1)
    t.equal(await signed(`${note.trimEnd().replace('boxes 0', 'boxes 1')}\n`), 0)
    t.match(note, /\nboxes 0\nopen-alerts 0\n/)
    const posted = hook.received.map(
      ({ body }) => read(Type.Object({ type: Type.String() }), JSON.parse(body)).type,
    )
    t.same(posted.sort(), ['all-clear', 'test', 'verification'])
    t.match(await centre.entriesOf('alert-test-confirmed'), [{ data: { by: 'challenge' } }])
    centre.clock.advance(3 * DAY_MS + MINUTE_MS)
    await until('raised', centre, async () => (await findings(centre)).length === 1)
    await settled(centre)
    t.equal((await findings(centre)).length, 1, 'only the mailbox did not confirm')
  },
)
