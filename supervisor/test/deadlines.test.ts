import t from 'tap'
import { dial, newAgentKey } from './support/agent.ts'
import { NOON_MS, TestCentre } from './support/centre.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

void t.test('the autumn night, through the door and with a driven clock', async (t) => {
  // ten minutes before windows open at 22:00 CEST; clocks go back at 01:00Z, the deadline is 06:00 CET
  const centre = await TestCentre.start(t, Date.UTC(2026, 9, 24, 19, 50))
  const quiet = { everySeconds: null }
  const ships = await centre.follow('ships', quiet)
  await centre.follow('silent', quiet)
  const late = await centre.follow('late', quiet)
  const headsOnly = await centre.follow('heads-only', quiet)
  await centre.follow('maintained', quiet)
  headsOnly.box.acts(5)
  t.equal((await centre.head(headsOnly)).status, 200)
  const announced = await centre.api('POST', '/maintenance-windows', {
    box: 'maintained',
    startsAt: '2026-10-25T01:00:00Z',
    endsAt: '2026-10-25T02:00:00Z',
    reason: 'power works',
  })
  t.equal(announced.status, 201)
  t.match((await centre.api('GET', '/boxes/silent')).body, {
    nextDeadline: '2026-10-25T05:00:00.000Z',
  })

  await centre.pass(40 * MINUTE_MS)
  await centre.ship(ships)
  headsOnly.box.acts(5)
  await centre.head(headsOnly)
  await centre.pass(8 * HOUR_MS + 29 * MINUTE_MS)
  t.same(await centre.kinds('silent'), [], 'a minute before the deadline nothing is said')
  await centre.pass(MINUTE_MS)
  t.same(await centre.kinds('silent'), ['missing-shipment'])
  const [missing] = await centre.findings('heads-only')
  t.match(missing, { kind: 'missing-shipment', expected: /^6 traces/, found: /^0 traces/ })
  t.same(await centre.kinds('ships'), [], 'who shipped is not accused')
  t.same(await centre.kinds('maintained'), [], 'maintenance was announced')
  t.match((await centre.api('GET', '/boxes/silent')).body, { state: 'silent' })

  await centre.pass(MINUTE_MS)
  late.box.acts(2)
  await centre.ship(late)
  t.same((await centre.kinds('late')).sort(), ['late-shipment', 'missing-shipment'])
  const said = await centre.findings('late')
  t.ok(said.find(({ kind }) => kind === 'missing-shipment')?.resolvedAt, 'the data is there')
  const { body } = await centre.api('GET', '/boxes/late')
  t.match(body, { nextDeadline: '2026-10-26T05:00:00.000Z' })
})

void t.test('heads that stop, and come again', async (t) => {
  const centre = await TestCentre.start(t, NOON_MS)
  const followed = await centre.follow('box')
  await centre.head(followed)
  await centre.pass(4 * MINUTE_MS)
  t.same(await centre.kinds('box'), [])
  await centre.pass(2 * MINUTE_MS)
  t.same(await centre.kinds('box'), ['journal-unwitnessed'])
  await centre.pass(20 * MINUTE_MS)
  t.same(await centre.kinds('box'), ['journal-unwitnessed'], 'said once')
  await centre.head(followed)
  t.ok((await centre.findings('box'))[0]?.resolvedAt)
  await centre.pass(6 * MINUTE_MS)
  t.same(await centre.kinds('box'), ['journal-unwitnessed', 'journal-unwitnessed'], 'a new silence')
})

void t.test('a stranger with another key explains a silence', async (t) => {
  const centre = await TestCentre.start(t, NOON_MS)
  const followed = await centre.follow('box')
  await centre.head(followed)
  await centre.pass(MINUTE_MS)
  await t.rejects(dial(centre.centre.ports.ssh, 'box', newAgentKey()))
  await centre.pass(5 * MINUTE_MS)
  const [finding] = await centre.findings('box')
  t.match(finding, { kind: 'journal-unwitnessed', cause: { en: /another key was refused/ } })
})

void t.test('the centre’s own absence accuses nobody and is said once', async (t) => {
  const centre = await TestCentre.start(t, Date.UTC(2026, 10, 21, 20, 50))
  const honest = await centre.follow('honest')
  await centre.follow('quiet', { everySeconds: null })
  await centre.head(honest)
  await centre.pass(2 * MINUTE_MS)
  await centre.restart(9 * HOUR_MS)
  await centre.pass(MINUTE_MS)
  t.same(await centre.kinds('honest'), [])
  t.same(await centre.kinds('quiet'), [], 'a deadline that fell due meanwhile is not judged')
  const alerts = await centre.alerts()
  t.match(alerts, [{ kind: 'supervisor-was-blind', box: null, severity: 'warning' }])
  t.equal(alerts.length, 1)
  const { rows } = await centre.database.query('SELECT outcome FROM centre.deadlines')
  t.same(rows, [{ outcome: 'blind' }, { outcome: 'blind' }])

  await centre.pass(5 * MINUTE_MS)
  t.same(
    await centre.kinds('honest'),
    ['journal-unwitnessed'],
    'from its return on it watches again',
  )
  await centre.restart(90_000)
  await centre.pass(MINUTE_MS)
  t.equal(
    (await centre.alerts()).filter(({ box }) => box === null).length,
    1,
    'a short stop is none',
  )
})

void t.test('a clock that is put forward is an absence too', async (t) => {
  const centre = await TestCentre.start(t, NOON_MS)
  const followed = await centre.follow('box', { everySeconds: null })
  await centre.ship(followed)
  centre.clock.set(NOON_MS + 30 * HOUR_MS)
  await centre.pass(MINUTE_MS)
  t.same(await centre.kinds('box'), [])
  t.match(await centre.alerts(), [{ kind: 'supervisor-was-blind' }])
})
