import t, { type Test } from 'tap'
import { TestCentre, type Followed } from './support/centre.ts'
import { bodyOf } from './support/mail.ts'

t.setTimeout(110_000)

const MINUTE_MS = 60_000
const FLEET = 4000

/** A centre whose contacts are `duty`, for all boxes, and those given, for one box each. */
async function supervised(t: Test, ...boxIds: string[]): Promise<TestCentre> {
  const centre = await TestCentre.start(t)
  await centre.tell('duty@client.example')
  for (const boxId of boxIds) await centre.tell(`${boxId}@client.example`, [boxId])
  return centre
}

/** Followed like a template, thousands of times; their heads came over the last minute, as those of a fleet do. */
async function multiply(centre: TestCentre, count: number): Promise<void> {
  const name = `'cut-' || lpad(i::text, 4, '0')`
  const series = `generate_series(1, ${count}) i`
  const statements = [
    `INSERT INTO centre.box_directory SELECT ${name}, tenant_id FROM centre.box_directory, ${series} WHERE box_id = 'template'`,
    `INSERT INTO centre.boxes (tenant_id, box_id, name, enrolled_at)
     SELECT tenant_id, ${name}, 'Box ' || i, enrolled_at FROM centre.boxes, ${series} WHERE box_id = 'template'`,
    `INSERT INTO centre.origin_directory SELECT ${name} || '/1', tenant_id, ${name} FROM centre.box_directory, ${series} WHERE box_id = 'template'`,
    `INSERT INTO centre.origins (tenant_id, box_id, origin, opened_at, journal_key, journal_state, witnessed_at)
     SELECT tenant_id, ${name}, ${name} || '/1', opened_at, journal_key, journal_state, opened_at - make_interval(secs => i % 60)
     FROM centre.origins, ${series} WHERE box_id = 'template'`,
    `INSERT INTO centre.schedules SELECT (jsonb_populate_record(s, jsonb_build_object('box_id', ${name},
       'head_due_at', s.head_due_at - make_interval(secs => i % 60)))).* FROM centre.schedules s, ${series} WHERE box_id = 'template'`,
    `UPDATE centre.schedules SET head_due_at = NULL WHERE box_id = 'template'`,
  ]
  for (const statement of statements) await centre.database.query(statement)
}

const waiting = async (centre: TestCentre) => {
  const { rows } = await centre.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM centre.notifications WHERE state = 'pending'`,
  )
  return rows[0]?.count ?? 0
}

const mailsTo = (centre: TestCentre, to: string) =>
  centre.relay.received.filter((mail) => mail.to.startsWith(`${to}@`))

void t.test('4,000 boxes cut at once: one alert, one message a contact', async (t) => {
  const centre = await supervised(t, 'cut-0007', 'alone', 'elsewhere')
  await centre.follow('template')
  await multiply(centre, FLEET)
  await centre.follow('alone', { everySeconds: 600 })
  await centre.follow('elsewhere', { everySeconds: null })
  await centre.pass(5 * MINUTE_MS)
  t.same(await centre.alerts(), [], 'what belongs together is waited for')
  const begun = performance.now()
  await centre.pass(MINUTE_MS)
  t.comment(`${FLEET} silences judged and told in ${Math.round(performance.now() - begun)} ms`)
  const [alert, ...others] = await centre.alerts()
  t.same(others, [])
  t.match(alert, {
    ...{ box: null, kind: 'journal-unwitnessed', severity: 'warning', state: 'open' },
    boxes: { count: FLEET, silent: FLEET },
  })
  t.equal(alert?.boxes?.first.length, 10)
  t.match(alert?.sentence.en, /fell silent together.*: 4000, of which still silent: 4000.*Box/)
  await centre.mails(2)
  t.equal(await waiting(centre), 0)
  t.equal(mailsTo(centre, 'duty').length, 1)
  const [limited] = mailsTo(centre, 'cut-0007')
  const told = limited ? bodyOf(limited) : ''
  t.match(told, /: 1, of which still silent: 1. The first: Box 7\r?\n/, 'its own box, and no other')
  t.match(told, /Nature : journal-unwitnessed/)
  t.equal(mailsTo(centre, 'elsewhere').length, 0)
  t.match(await centre.kinds('cut-4000'), ['journal-unwitnessed'], 'each box has its finding')

  // the night's deadline passes for all of them: the same alert, told once more
  const missed = performance.now()
  await centre.until(Date.UTC(2026, 10, 22, 5))
  t.comment(`${FLEET} windows judged in ${Math.round(performance.now() - missed)} ms`)
  const alerts = await centre.alerts()
  const fleet = alerts.find(({ boxes }) => boxes !== undefined)
  t.match(fleet, { severity: 'alert', kind: 'missing-shipment', boxes: { silent: FLEET + 3 } })
  t.equal(alerts.length, 2, 'and the one that fell silent for its own reasons has its own')
  t.match(
    alerts.find(({ boxes }) => boxes === undefined),
    { box: 'alone', kind: 'journal-unwitnessed' },
  )
  const { rows } = await centre.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM centre.notifications WHERE contact_id = (SELECT min(contact_id::text)::uuid FROM centre.contacts WHERE box_ids IS NULL)',
  )
  t.ok((rows[0]?.count ?? 0) <= 5, 'opened, updated, reminders, and what is told of the one')
})

/** Six boxes that all send a head now, and then nothing. */
async function six(centre: TestCentre): Promise<Followed[]> {
  const boxes: Followed[] = []
  for (const at of [1, 2, 3, 4, 5, 6]) boxes.push(await centre.follow(`box-${at}`))
  for (const followed of boxes) await centre.head(followed)
  return boxes
}

void t.test(
  'an alert of the fleet grows, is acknowledged once, and ends as boxes come back',
  async (t) => {
    const centre = await supervised(t)
    const boxes = await six(centre)
    const [first, ...rest] = boxes
    if (first === undefined) throw new Error('six boxes')
    await centre.pass(3 * MINUTE_MS)
    await centre.head(first)
    await centre.pass(3 * MINUTE_MS)
    await centre.mails(1)
    t.match(await centre.alerts(), [{ boxes: { count: 5, silent: 5 } }])
    await centre.pass(4 * MINUTE_MS)
    await centre.mails(2)
    t.match(
      await centre.alerts(),
      [{ boxes: { count: 6, silent: 6 } }],
      'what follows soon joins it',
    )

    const path = `/alerts/${(await centre.alerts())[0]?.id ?? ''}/acknowledgement`
    t.match(await centre.api('POST', path, {}), { status: 200, body: { state: 'acknowledged' } })
    for (const followed of rest) await centre.head(followed)
    await centre.pass(MINUTE_MS)
    t.match(await centre.alerts(), [{ state: 'acknowledged', boxes: { count: 6, silent: 1 } }])
    await centre.head(first)
    await centre.pass(MINUTE_MS)
    t.match(await centre.alerts(), [{ state: 'resolved', boxes: { silent: 0 } }])
    t.equal((await centre.entriesOf('alert-resolved')).length, 1)
    t.equal((await centre.entriesOf('alert-opened')).length, 1)
    t.equal(centre.relay.received.length, 2)

    // one that is silent by itself, among others that speak
    await centre.pass(2 * MINUTE_MS)
    for (const followed of rest) await centre.head(followed)
    await centre.pass(5 * MINUTE_MS - 10_000)
    for (const followed of rest) await centre.head(followed)
    await centre.pass(MINUTE_MS)
    t.match((await centre.alerts())[0], {
      box: 'box-1',
      kind: 'journal-unwitnessed',
      state: 'open',
    })
  },
)

void t.test('shipments that were missing in the whole fleet, and came late', async (t) => {
  const centre = await supervised(t)
  const boxes: Followed[] = []
  for (const at of [1, 2, 3, 4, 5])
    boxes.push(await centre.follow(`box-${at}`, { everySeconds: null }))
  await centre.until(Date.UTC(2026, 10, 22, 5))
  await centre.mails(1)
  t.match(await centre.alerts(), [{ kind: 'missing-shipment', severity: 'alert' }])
  const [before, ...after] = boxes
  if (before === undefined) throw new Error('five boxes')
  await centre.ship(before)
  t.equal((await centre.alerts()).length, 1, 'told where it was missed')
  const path = `/alerts/${(await centre.alerts())[0]?.id ?? ''}`
  await centre.api('POST', `${path}/acknowledgement`, {})
  const told = centre.relay.received.length + (await waiting(centre))
  for (const followed of after) await centre.ship(followed)
  await centre.pass(MINUTE_MS)
  t.match(await centre.alerts(), [
    { state: 'resolved', kinds: ['late-shipment', 'missing-shipment'], boxes: { count: 5 } },
  ])
  t.ok((await centre.findings('box-5')).every(({ resolvedAt }) => resolvedAt !== undefined))
  t.ok(centre.relay.received.length <= told, 'who took charge is not told of each that comes back')
})

void t.test('many alerts of one contact: at most ten messages a minute', async (t) => {
  const centre = await supervised(t)
  for (let at = 0; at < 14; at++) {
    const followed = await centre.follow(`box-${at}`, { everySeconds: null })
    followed.box.acts(3)
    followed.box.checkpoint()
    followed.box.flip(2)
    await centre.ship(followed)
  }
  await centre.mails(10)
  t.equal((await centre.alerts()).length, 14, 'each is there')
  t.equal(await waiting(centre), 4)
  await centre.pass(2 * MINUTE_MS)
  await centre.mails(14)
})
