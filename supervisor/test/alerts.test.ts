import {
  decodeSegment,
  emptyJournalState,
  parseVkey,
  verifySegment,
  type JournalState,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { createPool } from '@probant/postgres'
import t, { type Test } from 'tap'
import { messageOf } from '../src/alerts/message.ts'

import type { StoredFinding } from '../src/store/findings.ts'
import { bodyOf } from './support/mail.ts'
import { TestCentre, type Followed } from './support/centre.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A centre with a contact and a box that can be tampered with. */
async function supervised(t: Test): Promise<{ centre: TestCentre; followed: Followed }> {
  const centre = await TestCentre.start(t)
  await centre.tell('duty@client.example')
  const followed = await centre.follow('box-7', { everySeconds: null })
  followed.box.acts(6)
  followed.box.checkpoint()
  return { centre, followed }
}

/** The acts of the alert journal from a size on. */
async function actsFrom(centre: TestCentre, seq: number): Promise<string[]> {
  for (let waited = 0; waited < 200; waited++) {
    const { rows } = await centre.database.query<{ size: number }>(
      'SELECT size FROM centre.alert_journals',
    )
    const entries = await centre.entries()
    if (entries.length === rows[0]?.size) return entries.slice(seq).map(({ act }) => act)
    centre.centre.context.wake()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('the alert journal was not signed')
}

void t.test(
  'a finding becomes an alert, a message, and entries of a journal that verifies',
  async (t) => {
    const { centre, followed } = await supervised(t)
    followed.box.flip(3)
    await centre.ship(followed)
    await centre.mails(1)
    const [mail] = centre.relay.received
    t.equal(mail?.to, 'duty@client.example')
    const text = mail === undefined ? '' : bodyOf(mail)
    const [alert] = await centre.alerts()
    t.match(text, /Box box-7 : le journal a été modifié à la trace 3/)
    t.match(text, /Box box-7: the journal was altered at trace 3/)
    t.match(text, /Nature : altered-trace/, 'the kind as documents and checks name it')
    t.match(text, /Que faire/)
    t.match(text, /What to do/)
    t.match(text, `http://centre.test/alerts#${alert?.id ?? ''}`)
    t.notMatch(text, /duty@/, 'nothing personal')
    t.match(mail?.text, /Subject: .*Probant/)
    t.match(alert, { kind: 'altered-trace', box: 'box-7', severity: 'alert', state: 'open' })
    t.same(
      alert?.notifications.map(({ outcome }) => outcome),
      ['attempted', 'delivered'],
    )
    t.match(alert?.notifications[1]?.reply, /^250/)

    t.same(await actsFrom(centre, 1), [
      'contact-added',
      'contact-verified',
      'enrolled',
      'finding-raised',
      'alert-opened',
      'notification-attempted',
      'notification-delivered',
    ])
    await centre.pass(2 * MINUTE_MS)
    while (!(await actsFrom(centre, 7)).includes('seal')) await centre.pass(10_000)
    const { rows } = await centre.database.query<{ bytes: Buffer }>(
      'SELECT bytes FROM centre.alert_traces',
    )
    t.notOk(
      rows.some(({ bytes }) => bytes.includes('duty@')),
      'addresses appear only as commitments',
    )
    t.same(await verifyAlertJournal(centre), [], 'the verifier of box journals takes it')

    await centre.ship(followed)
    await centre.pass(MINUTE_MS)
    t.equal(centre.relay.received.length, 1, 'the same fact the next night tells nobody again')
  },
)

/** Reads the exported segments with the verifier of journals. */
async function verifyAlertJournal(centre: TestCentre): Promise<string[]> {
  const key = parseVkey(centre.initialised.alertJournalKey)
  let state: JournalState = emptyJournalState(nodeCrypto, key.name)
  for (;;) {
    const { http } = centre.centre.ports
    const response = await fetch(
      `http://127.0.0.1:${http}/api/v1/alert-journal/segments/${state.size}`,
      { headers: { authorization: `Bearer ${centre.initialised.supervisionToken}` } },
    )
    if (response.status === 404) return state.size === 0 ? ['empty'] : []
    const segment = decodeSegment(new Uint8Array(await response.arrayBuffer()))
    const verified = await verifySegment(nodeCrypto, state, segment, [key])
    if (verified.findings.length > 0) return verified.findings.map(({ kind }) => kind)
    state = verified.state
  }
}

void t.test('findings of one cause are one alert; what comes later is told together', async (t) => {
  const { centre, followed } = await supervised(t)
  followed.box.flip(3)
  await centre.ship(followed)
  await centre.mails(1)
  t.equal((await centre.alerts()).length, 1)
  // another fact of the same cause, half a minute later
  centre.clock.advance(30_000)
  const agent = await centre.connect(followed)
  await agent.segment('shipment', new TextEncoder().encode('PBNTSEG2'))
  await agent.bye()
  await centre.mails(2)
  t.match((await centre.alerts())[0], { kinds: ['altered-trace', 'broken-chain'] })
  const later = centre.relay.received[1]
  t.match(later === undefined ? '' : bodyOf(later), /broken-chain[^]*altered-trace[^]*— — —/)
  t.equal((await centre.alerts()).length, 1)
  // and one of another cause
  const head = await centre.connect(followed)
  followed.box.swapKey()
  await head.head(followed.box)
  await head.bye()
  await centre.mails(3)
  t.equal((await centre.alerts()).length, 2)
})

void t.test('a message about many findings names every kind, the newest in full', (t) => {
  const place = { tenantId: 'tenant', boxId: 'box-7' }
  const finding = (kind: StoredFinding['kind'], seq: number): StoredFinding => ({
    ...{ findingId: `f${seq}`, origin: 'box-7/1', kind, seq, dedupeKey: String(seq) },
    ...{ expected: 'one', found: 'another', circumstances: {}, raisedAtMs: seq },
    ...{ expectedEvidence: null, foundEvidence: null, resolvedAtMs: null },
  })
  const { subject, text } = messageOf({
    alert: {
      ...{ ...place, alertId: 'a', cause: 'history', severity: 'alert', state: 'open' },
      ...{ openedAtMs: 0, acknowledgedAtMs: null, note: null, resolvedAtMs: null, reminders: 0 },
    },
    subject: 'Box box-7',
    findings: [
      ...[0, 1, 2].map((seq) => finding('altered-trace', seq)),
      ...[3, 4, 5].map((seq) => finding('integrity-failure-on-box', seq)),
      ...[finding('gap', 6), finding('truncated', 7)],
    ],
    occasion: 'updated-1',
    link: 'http://centre.test/alerts#a',
    acknowledgeLink: 'http://centre.test/acknowledge#a',
  })
  t.equal(
    subject,
    '[Probant] Alerte – Box box-7 – truncated, gap, integrity-failure-on-box…',
    'the newest first',
  )
  const [french = ''] = text.split('— — —')
  t.same(
    [...french.matchAll(/^Nature : (.+)$/gm)].map(([, kind]) => kind),
    ['truncated', 'gap', ...Array<string>(3).fill('integrity-failure-on-box')],
  )
  t.match(french, 'Autres constats sur la page : altered-trace (3)')
  t.end()
})

void t.test('reminders until somebody acknowledges', async (t) => {
  const { centre, followed } = await supervised(t)
  followed.box.flip(3)
  await centre.ship(followed)
  await centre.mails(1)
  await centre.pass(HOUR_MS + MINUTE_MS)
  await centre.mails(2)
  t.match(centre.relay.received[1]?.text, /Subject: .*Rappel/)
  const [alert] = await centre.alerts()
  const path = `/alerts/${alert?.id ?? ''}/acknowledgement`
  const first = await centre.api('POST', path, { note: 'seen' })
  t.match(first, { status: 200, body: { state: 'acknowledged', note: 'seen' } })
  const again = await centre.api('POST', path)
  t.match(again, { status: 200, body: { state: 'acknowledged', note: 'seen' } }, 'once is enough')
  await centre.pass(3 * HOUR_MS)
  t.equal(centre.relay.received.length, 2)
  const acts = await actsFrom(centre, 0)
  t.equal(acts.filter((act) => act === 'alert-acknowledged').length, 1)
  const resolved = await centre.api('POST', `/alerts/${alert?.id ?? ''}/resolution`, {})
  t.match(resolved, { status: 200, body: { state: 'resolved' } })
  t.ok((await centre.findings('box-7'))[0]?.resolvedAt)
  await centre.ship(followed)
  t.equal((await centre.alerts()).length, 1, 'the same bytes again are nothing new')
  t.match(await centre.api('POST', path, {}), { status: 409 })
  t.match(
    await centre.api('POST', '/alerts/00000000-0000-4000-8000-000000000000/acknowledgement', {}),
    {
      status: 404,
    },
  )
})

void t.test('whoever got the message takes charge by its link', async (t) => {
  const { centre, followed } = await supervised(t)
  await centre.tell('night@client.example')
  followed.box.flip(3)
  await centre.ship(followed)
  await centre.mails(2)
  const linkIn = (to: string) => {
    const mail = centre.relay.received.findLast((each) => each.to === to)
    return /http:\/\/centre\.test\/acknowledge#(\S+)/.exec(mail ? bodyOf(mail) : '')?.[1] ?? ''
  }
  const stranger = {}
  const call = (path: string, body: unknown) => centre.api('POST', path, body, stranger)
  const look = (link: string) => call('/acknowledgements/preview', { link })
  const link = linkIn('duty@client.example')
  t.not(link, linkIn('night@client.example'), 'each contact has its own')

  const seen = await look(link)
  t.match(seen, { status: 200, body: { state: 'open', kind: 'altered-trace' } })
  t.same(
    Object.keys(seen.body as object).sort(),
    ['kind', 'openedAt', 'sentence', 'severity', 'state'],
    'and nothing else of the centre',
  )
  t.match(
    (await centre.alerts())[0],
    { state: 'open' },
    'a mail gateway that looks changes nothing',
  )

  const changed = (at: number, to: string) => link.slice(0, at) + to + link.slice(at + 1)
  const parts = link.split('.')
  const other = linkIn('night@client.example').split('.')
  for (const [what, forged] of [
    ['cut short', link.slice(0, -1)],
    ['another signature', changed(link.length - 40, link.at(-40) === 'A' ? 'B' : 'A')],
    ['stray bits', link.slice(0, -1) + String.fromCharCode(link.charCodeAt(link.length - 1) + 1)],
    ['a longer life', [...parts.slice(0, 3), '9999999999999', ...parts.slice(4)].join('.')],
    ['in the name of another', [...parts.slice(0, 2), other[2], ...parts.slice(3)].join('.')],
    ['nothing', 'x'],
  ] as const)
    t.match(await call('/acknowledgements', { link: forged }), { status: 403 }, what)
  t.match((await centre.alerts())[0], { state: 'open' })

  const done = await call('/acknowledgements', { link, note: 'on my way' })
  t.match(done, { status: 200, body: { state: 'acknowledged' } })
  t.match((await centre.alerts())[0], { state: 'acknowledged', note: 'on my way' })
  const again = await call('/acknowledgements', { link: linkIn('night@client.example') })
  t.match(again, { status: 200, body: { state: 'acknowledged' } }, 'somebody has')
  const [entry, ...more] = await centre.entriesOf('alert-acknowledged')
  t.match(entry, { outcome: 'done', data: { address: { sha256: /^[0-9a-f]{64}$/ } } })
  t.equal(more.length, 0)
  await centre.pass(3 * HOUR_MS)
  t.equal(centre.relay.received.length, 2, 'no reminder')

  const { body } = await centre.api('GET', '/contacts')
  const { items } = body as { items: { id: string; email: string }[] }
  const duty = items.find(({ email }) => email === 'duty@client.example')
  await centre.api('DELETE', `/contacts/${duty?.id ?? ''}`)
  t.match(await look(link), { status: 410 }, 'a contact that was removed')
  const refused = await centre.entriesOf('alert-acknowledged', 2)
  t.match(refused[1], { outcome: 'refused', data: { reason: 'link-ended' } })
  const late = linkIn('night@client.example')
  centre.clock.advance(31 * 24 * HOUR_MS)
  t.match(await look(late), { status: 410 }, 'a month later')
})

void t.test('a relay that is away, delays or refuses', async (t) => {
  const { centre, followed } = await supervised(t)
  const { relay } = centre
  relay.answer = 451
  followed.box.flip(3)
  await centre.ship(followed)
  await deferred(centre, 1)
  relay.answer = 250
  await centre.pass(2 * MINUTE_MS)
  await centre.mails(1)
  const [alert] = await centre.alerts()
  t.same(
    alert?.notifications.map(({ outcome, reply }) => `${outcome} ${reply ?? ''}`),
    ['attempted ', 'deferred 451', 'attempted ', 'delivered 250'],
  )
  const acts = await actsFrom(centre, 6)
  t.same(
    acts.filter((act) => act !== 'seal'),
    [
      'notification-attempted',
      'notification-failed',
      'notification-attempted',
      'notification-delivered',
    ],
  )
  relay.answer = 550
  await centre.pass(HOUR_MS)
  await outcome(centre, 'failed')
  relay.answer = 250
  await centre.pass(3 * HOUR_MS)
  await centre.mails(2)
  t.pass('what a relay refused for ever is tried again with the next reminder')
})

async function deferred(centre: TestCentre, count: number): Promise<void> {
  for (let waited = 0; waited < 200; waited++) {
    const [alert] = await centre.alerts()
    const found = alert?.notifications.filter(({ outcome }) => outcome === 'deferred') ?? []
    if (found.length >= count) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('nothing was deferred')
}

async function outcome(centre: TestCentre, expected: string): Promise<void> {
  for (let waited = 0; waited < 200; waited++) {
    const alerts = await centre.alerts()
    if (alerts.some((one) => one.notifications.some((told) => told.outcome === expected))) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`nothing ${expected}`)
}

void t.test('history can’t be changed by the service, nor by its owner', async (t) => {
  const { centre, followed } = await supervised(t)
  followed.box.flip(3)
  await centre.ship(followed)
  await centre.mails(1)
  const { owner, service, ...place } = centre.settings.database
  for (const [who, role] of Object.entries({ service, owner })) {
    const database = createPool({ ...place, ...role, max: 1 })
    for (const table of ['findings', 'alert_findings', 'alert_traces', 'notification_attempts'])
      await t.rejects(
        database.query(`UPDATE centre.${table} SET tenant_id = tenant_id`),
        /denied|append-only/,
        `${who} updates ${table}`,
      )
    for (const table of ['findings', 'alert_traces', 'segments', 'cosigned_heads', 'deadlines'])
      await t.rejects(
        database.query(`TRUNCATE centre.${table} CASCADE`),
        /denied|append-only/,
        `${who} empties ${table}`,
      )
    await t.rejects(database.query('DELETE FROM centre.findings'), /denied|append-only/)
    await t.rejects(database.query('DELETE FROM centre.alert_traces'), /denied|append-only/)
    await database.close()
  }
})

void t.test('an alert journal that was altered is signed no more', async (t) => {
  const { centre } = await supervised(t)
  await actsFrom(centre, 0)
  await centre.database.query('ALTER TABLE centre.alert_traces DISABLE TRIGGER ALL')
  await centre.database.query(
    `UPDATE centre.alert_traces
     SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'centre.test"', 'centre.tess"'), 'UTF8')
     WHERE seq = 0`,
  )
  await centre.restart()
  for (let waited = 0; waited < 100 && centre.halted.length === 0; waited++)
    await new Promise((resolve) => setTimeout(resolve, 20))
  t.match(centre.halted, [{ code: 'stored-bytes-altered' }])
})

void t.test('contacts that are removed are forgotten, and told no more', async (t) => {
  const { centre, followed } = await supervised(t)
  const { body } = await centre.api('GET', '/contacts')
  t.match(body, { items: [{ email: 'duty@client.example', boxes: null }] })
  centre.relay.answer = 451
  followed.box.flip(3)
  await centre.ship(followed)
  await deferred(centre, 1)
  const id = /"id":"([^"]+)"/.exec(JSON.stringify(body))?.[1] ?? ''
  t.equal((await centre.api('DELETE', `/contacts/${id}`)).status, 204)
  const { rows } = await centre.database.query(
    'SELECT value FROM centre.alert_openings WHERE contact_id IS NOT NULL',
  )
  t.same(rows, [], 'what opens the commitments is erased')
  centre.relay.answer = 250
  await centre.pass(10 * MINUTE_MS)
  t.equal(centre.relay.received.length, 0)
  t.same(await verifyAlertJournal(centre), [], 'the journal stays as it was')
})
