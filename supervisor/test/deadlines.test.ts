import t, { type Test } from 'tap'
import { dial, newAgentKey, TestAgent } from './support/agent.ts'
import { NOON_MS, TestCentre } from './support/centre.ts'

t.setTimeout(110_000)

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** Just before and just after an instant, the boxes that are missing a shipment. */
async function aroundDeadline(
  t: Test,
  centre: TestCentre,
  deadline: string,
  boxIds: readonly string[],
): Promise<void> {
  const atMs = Date.parse(deadline)
  const missing = async () => {
    const found: string[] = []
    for (const boxId of boxIds)
      found.push(...(await centre.kinds(boxId)).filter((kind) => kind === 'missing-shipment'))
    return found.length
  }
  const before = await missing()
  await centre.until(atMs - 1000)
  t.equal(await missing(), before, `nothing before ${deadline}`)
  await centre.until(atMs)
  t.equal(await missing(), before + boxIds.length, `at ${deadline}`)
}

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

void t.test(
  'a clock that is put back: said once, no box accused, silence told in time',
  async (t) => {
    const centre = await TestCentre.start(t)
    const followed = await centre.follow('steady', { everySeconds: 60 })
    followed.box.acts(2)
    await centre.head(followed)
    await centre.centre.watch()
    const right = centre.clock.nowMs()
    centre.clock.set(right - 24 * HOUR_MS)
    await centre.centre.watch()
    await centre.pass(2 * MINUTE_MS)
    const hello = async (boxTimeMs: number) => {
      const agent = await TestAgent.connect(centre.centre.ports.ssh, 'steady', followed.key)
      await agent.hello(followed.box, { boxTimeMs })
      await agent.bye()
    }
    await hello(right + 2 * MINUTE_MS)
    t.same(await centre.kinds('steady'), [], 'it is the centre that is a day late')
    t.match(await centre.findings('centre'), [
      { kind: 'clock-regression', sentence: { fr: /^L’horloge du centre/, en: /centre’s clock/ } },
    ])
    await centre.pass(3 * MINUTE_MS)
    t.same(await centre.kinds('steady'), ['journal-unwitnessed'], 'five minutes by any clock')
    await hello(right + 26 * HOUR_MS)
    t.same((await centre.kinds('steady')).sort(), ['clock-skew', 'journal-unwitnessed'], 'its own')
    centre.clock.set(right + 5 * MINUTE_MS)
    await centre.centre.watch()
    await hello(centre.clock.nowMs())
    t.same((await centre.kinds('centre')).sort(), ['clock-regression', 'supervisor-was-blind'])
  },
)

void t.test('the spring night, a leap day, the end of a year: to the second', async (t) => {
  const centre = await TestCentre.start(t, Date.UTC(2026, 11, 31, 12))
  const spring = Date.UTC(2027, 2, 27, 12)
  const missingHour = { start: '01:30', end: '02:30', graceMinutes: 0 }
  for (const [enrolledAtMs, deadline, schedule] of [
    [Date.UTC(2026, 11, 31, 12), '2027-01-01T05:00:00Z', {}],
    [Date.UTC(2027, 0, 1, 12), '2027-01-02T00:15:00Z', { timeZone: 'Asia/Kathmandu' }],
    [spring, '2027-03-28T01:30:00Z', missingHour],
    [spring + HOUR_MS, '2027-03-28T04:00:00Z', {}],
    [Date.UTC(2027, 9, 30, 12), '2027-10-31T05:00:00Z', {}],
    [Date.UTC(2028, 1, 28, 12), '2028-02-29T05:00:00Z', {}],
    [Date.UTC(2028, 1, 29, 12), '2028-03-01T05:00:00Z', {}],
  ] as const) {
    // what was followed before is let go
    await centre.database.query(`UPDATE centre.schedules SET due_at = '2100-01-01Z'`)
    if (enrolledAtMs > centre.clock.nowMs()) await centre.until(enrolledAtMs)
    const boxId = `box-${enrolledAtMs}`
    await centre.follow(boxId, { everySeconds: null, ...schedule })
    if (schedule !== missingHour) await aroundDeadline(t, centre, deadline, [boxId])
    else {
      const { body } = await centre.api('GET', `/boxes/${boxId}`)
      t.match(body, { nextDeadline: deadline.replace('Z', '.000Z') }, 'the later reading')
    }
  }
})

void t.test('a closed site: no heads, a shipment every eight weeks', async (t) => {
  const centre = await TestCentre.start(t, Date.UTC(2026, 8, 1, 12))
  const closed = { everySeconds: null, everyDays: 56 }
  const carried = await centre.follow('carried', closed)
  await centre.follow('forgotten', closed)
  await centre.follow('maintained', closed)
  const announced = { box: 'maintained', reason: 'works' }
  const early = { startsAt: '2026-09-10T00:00:00Z', endsAt: '2026-09-10T02:00:00Z' }
  t.equal(
    (await centre.api('POST', '/maintenance-windows', { ...announced, ...early })).status,
    201,
  )
  t.match(await centre.api('GET', '/schedules'), {
    body: { items: [{ window: { everyDays: 56 }, heads: null }, {}, {}] },
  })
  await centre.until(Date.UTC(2026, 9, 10, 12))
  carried.box.acts(3)
  await centre.ship(carried)
  await aroundDeadline(t, centre, '2026-10-27T05:00:00Z', ['forgotten', 'maintained'])
  t.same(await centre.kinds('carried'), [], 'once in eight weeks is enough')
  const atEnd = { startsAt: '2026-12-21T08:00:00Z', endsAt: '2026-12-21T18:00:00Z' }
  t.equal(
    (await centre.api('POST', '/maintenance-windows', { ...announced, ...atEnd })).status,
    201,
  )
  await aroundDeadline(t, centre, '2026-12-22T05:00:00Z', ['forgotten', 'carried'])
  t.equal((await centre.kinds('maintained')).length, 1, 'works on the last day excuse it')
})

void t.test('rules of a zone that changed with an update: recomputed at start', async (t) => {
  const centre = await TestCentre.start(t, Date.UTC(2026, 10, 21, 12))
  const names = ['waits', 'begun', 'untouched']
  for (const name of names) await centre.follow(name, { everySeconds: null })
  // as a runtime would have stored it for which Paris is an hour further east, or further west
  await centre.database.query(
    `UPDATE centre.schedules SET window_opens_at = window_opens_at - interval '1 hour',
       due_at = due_at - interval '1 hour' WHERE box_id = 'waits'`,
  )
  await centre.restart(30_000)
  const next = async (name: string) => {
    const { body } = await centre.api('GET', `/boxes/${name}`)
    return (body as { nextDeadline: string }).nextDeadline
  }
  for (const name of names) t.equal(await next(name), '2026-11-22T05:00:00.000Z', name)
  await centre.until(Date.UTC(2026, 10, 21, 23))
  await centre.database.query(
    `UPDATE centre.schedules SET window_opens_at = window_opens_at + interval '1 hour',
       due_at = due_at + interval '1 hour' WHERE box_id = 'begun'`,
  )
  await centre.restart(30_000)
  t.equal(await next('begun'), '2026-11-22T06:00:00.000Z', 'nobody is late because of it')
  await aroundDeadline(t, centre, '2026-11-22T05:00:00Z', ['waits', 'untouched'])
  await aroundDeadline(t, centre, '2026-11-22T06:00:00Z', ['begun'])
  for (const name of names) t.equal(await next(name), '2026-11-23T05:00:00.000Z', name)
})

void t.test('maintenance: announced ahead, over two deadlines, cancelled', async (t) => {
  const centre = await TestCentre.start(t, NOON_MS)
  const followed = await centre.follow('works')
  await centre.head(followed)
  const announce = (startsAt: string, endsAt: string) =>
    centre.api('POST', '/maintenance-windows', { box: 'works', startsAt, endsAt, reason: 'works' })
  t.match(await announce('2026-11-21T10:00:00Z', '2026-11-21T12:00:00Z'), { status: 422 })
  t.match(await announce('2026-11-21T14:00:00Z', '2026-11-21T13:00:00Z'), { status: 422 })
  // two that overlap, over two nights
  t.match(await announce('2026-11-21T11:03:00Z', '2026-11-21T22:00:00Z'), { status: 201 })
  const second = await announce('2026-11-21T21:00:00Z', '2026-11-23T04:30:00Z')
  await centre.pass(20 * MINUTE_MS)
  t.same(await centre.kinds('works'), [], 'silent since before it began')
  await centre.until(Date.UTC(2026, 10, 22, 5))
  t.same(await centre.kinds('works'), [], 'the first deadline')
  await centre.until(Date.UTC(2026, 10, 22, 20))
  t.same(await centre.kinds('works'), [], 'silence')

  const { id } = second.body as { id: string }
  t.equal((await centre.api('DELETE', `/maintenance-windows/${id}`)).status, 204)
  t.equal((await centre.api('DELETE', `/maintenance-windows/${id}`)).status, 404)
  t.equal((await centre.entriesOf('maintenance-cancelled')).length, 1)
  await centre.until(Date.UTC(2026, 10, 22, 20, 4, 59))
  t.same(await centre.kinds('works'), [], 'its whole time again')
  await centre.until(Date.UTC(2026, 10, 22, 20, 5))
  t.same(await centre.kinds('works'), ['journal-unwitnessed'])
  await centre.until(Date.UTC(2026, 10, 23, 5) - 1000)
  t.equal((await centre.kinds('works')).length, 1)
  await centre.until(Date.UTC(2026, 10, 23, 5))
  t.same(await centre.kinds('works'), ['journal-unwitnessed', 'missing-shipment'])
})

void t.test('silence that maintenance had a part in', async (t) => {
  const centre = await TestCentre.start(t, NOON_MS)
  const followed = await centre.follow('works')
  const window = { startsAt: '2026-11-21T11:01:00Z', endsAt: '2026-11-21T11:04:00Z' }
  await centre.api('POST', '/maintenance-windows', { box: 'works', ...window, reason: 'works' })
  await centre.head(followed)
  await centre.pass(8 * MINUTE_MS)
  t.same(await centre.kinds('works'), [], 'five minutes from its end')
  await centre.pass(MINUTE_MS)
  t.same(await centre.kinds('works'), ['journal-unwitnessed'])
})
