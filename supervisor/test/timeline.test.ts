import t from 'tap'
import { Type, type Static } from 'typebox'
import { TestCentre, type Followed } from './support/centre.ts'
import { PageOf, read } from './support/shapes.ts'

let centre: TestCentre
let followed: Followed

const EventShape = Type.Object({
  id: Type.String(),
  at: Type.String(),
  type: Type.String(),
  event: Type.Optional(Type.String()),
  outcome: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  finding: Type.Optional(Type.String()),
  count: Type.Optional(Type.Integer()),
  size: Type.Optional(Type.Integer()),
})
type Event = Static<typeof EventShape>

async function page(query = ''): Promise<{ items: Event[]; nextCursor?: string }> {
  const { status, body } = await centre.api('GET', `/boxes/told/timeline${query}`)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return read(PageOf(EventShape), body)
}

/** All of it, page by page. */
async function all(query: string): Promise<Event[]> {
  const seen: Event[] = []
  let cursor = ''
  for (;;) {
    const { items, nextCursor } = await page(`${query}${cursor}`)
    seen.push(...items)
    if (nextCursor === undefined) return seen
    cursor = `&cursor=${nextCursor}`
  }
}

const named = ({ type, event, outcome, kind }: Event) =>
  [type, event ?? outcome, kind].filter((part) => part !== undefined).join(' ')

t.before(async () => {
  centre = await TestCentre.start(t)
  const schedule = { start: '13:15', end: '13:30', timeZone: 'UTC', graceMinutes: 5 }
  followed = await centre.follow('told', { ...schedule, everySeconds: 240 })
  for (let minutes = 0; minutes < 130; minutes += 10) {
    followed.box.act()
    await centre.head(followed)
    await centre.pass(10 * 60_000)
  }
  followed.box.seal()
  await centre.head(followed)
  await centre.ship(followed)
})

void t.test('heads of one hour are one event, and so are the segments of a shipment', async (t) => {
  const { items } = await page()
  t.same(items.map(named).slice(-2), ['enrolment enrolled', 'enrolment opened'])
  const heads = items.filter(({ type }) => type === 'head')
  t.same(
    heads.map(({ count }) => count),
    [2, 6, 6],
    'from 11:00 to 13:10 in UTC, every ten minutes',
  )
  t.equal(heads[0]?.size, followed.box.size)
  t.match(
    items.filter(({ type }) => type === 'shipment'),
    [{ count: 1, size: followed.box.size }],
  )
  const times = items.map(({ at }) => at)
  t.same(times, times.toSorted().reverse(), 'newest first')
})

void t.test('what goes wrong, what is announced and how nights end', async (t) => {
  const { status, body } = await centre.api('POST', '/maintenance-windows', {
    box: 'told',
    startsAt: '2026-11-21T13:14:00Z',
    endsAt: '2026-11-21T13:40:00Z',
    reason: 'disk',
  })
  t.equal(status, 201)
  t.ok(
    (await page()).items.every(({ event }) => event !== 'begun'),
    'not before it begins',
  )
  await centre.pass(55 * 60_000)
  followed.box.act()
  await centre.head(followed)
  const events = await all('?limit=50')
  t.same(events.filter(({ type }) => type !== 'head' && type !== 'shipment').map(named), [
    'finding resolved journal-unwitnessed',
    'finding raised journal-unwitnessed',
    'maintenance ended',
    'deadline suppressed',
    'maintenance begun',
    'maintenance announced',
    'enrolment enrolled',
    'enrolment opened',
  ])
  t.match(
    await centre.api('GET', '/boxes/told/timeline?types=maintenance'),
    { body: { items: [{}, {}, { startsAt: '2026-11-21T13:14:00.000Z', reason: 'disk' }] } },
    'instants as text',
  )
  const { id } = read(Type.Object({ id: Type.String() }), body)
  t.equal((await centre.api('DELETE', `/maintenance-windows/${id}`)).status, 404, 'it is over')
})

void t.test('a page goes on where the one before ended, whatever its length', async (t) => {
  const whole = (await all('?limit=200')).map(({ id }) => id)
  t.equal(new Set(whole).size, whole.length)
  for (const limit of [1, 2, 3, 5]) {
    const events = await all(`?limit=${limit}`)
    t.same(
      events.map(({ id }) => id),
      whole,
      `${limit} at a time`,
    )
    t.same(
      events.filter(({ type }) => type === 'head').map(({ count }) => count),
      [1, 2, 6, 6],
      'no hour in pieces',
    )
  }
})

void t.test('only some types, only some days; what is asked wrongly is refused', async (t) => {
  const types = async (query: string) => new Set((await all(query)).map(({ type }) => type))
  t.same(await types('?types=head'), new Set(['head']))
  t.same(await types('?types=finding,deadline'), new Set(['finding', 'deadline']))
  const day = '?from=2026-11-21T12:00:00.000Z&until=2026-11-21T13:00:00.000Z'
  t.same((await all(day)).map(named), ['head'])
  for (const wrong of ['types=nonsense', 'types=head,', 'from=yesterday', 'cursor=x', 'more=1'])
    t.equal((await centre.api('GET', `/boxes/told/timeline?${wrong}`)).status, 400, wrong)
  t.equal((await centre.api('GET', '/boxes/nobody/timeline')).status, 404)
  t.equal((await centre.api('GET', '/boxes/told/timeline', undefined, {})).status, 401)
})

void t.test('more heads than one page reads are still all told', async (t) => {
  const many = await centre.follow('many', { everySeconds: 1 })
  await centre.head(many)
  await centre.database.query(
    `INSERT INTO centre.cosigned_heads (tenant_id, box_id, origin, size, root, note, lines, cosigned_at)
     SELECT tenant_id, box_id, origin, 1 + second, root, note, lines, cosigned_at + make_interval(secs => second)
     FROM centre.cosigned_heads, generate_series(1, 9000) AS second WHERE box_id = 'many'`,
  )
  let count = 0
  let pages = 0
  for (let cursor = ''; ;) {
    const { body } = await centre.api('GET', `/boxes/many/timeline?types=head${cursor}`)
    const { items, nextCursor } = read(PageOf(EventShape), body)
    count += items.reduce((sum, event) => sum + (event.count ?? 0), 0)
    pages++
    if (nextCursor === undefined) break
    cursor = `&cursor=${nextCursor}`
  }
  t.equal(count, 9001)
  t.ok(pages > 1)
})
