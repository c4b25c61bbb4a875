import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { formatTime } from '@probant/host'
import t from 'tap'
import { Type } from 'typebox'
import { TestCentre } from './support/centre.ts'
import { FindingShape, PageOf, read } from './support/shapes.ts'

/** What the pages ask of the centre, beside what other tests cover. */
let centre: TestCentre

const Named = Type.Object({ id: Type.String(), state: Type.String() })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

t.before(async () => {
  centre = await TestCentre.start(t)
})

const schedule = {
  heads: null,
  window: { start: '22:00', end: '05:00' },
  timeZone: 'Europe/Paris',
  graceMinutes: 60,
}

void t.test('a finding, and the bytes that show it', async (t) => {
  const followed = await centre.follow('forked')
  followed.box.act()
  await centre.head(followed)
  const twin = followed.box.copy()
  twin.rewind(1)
  twin.act({ act: 'other' })
  const agent = await centre.connect({ ...followed, box: twin })
  await agent.head(twin).catch(() => undefined)
  const [first] = await centre.findings('forked')
  t.equal(first?.kind, 'fork')
  const path = `/boxes/forked/findings/${first?.id ?? ''}`
  const { body } = await centre.api('GET', path)
  const { evidence } = read(FindingShape, body)
  t.match(body, { id: first?.id, severity: 'alert' })
  for (const side of ['expected', 'found'] as const) {
    const answer = await fetch(
      `http://127.0.0.1:${centre.centre.ports.http}/api/v1${path}/evidence/${side}`,
      { headers: { authorization: `Bearer ${centre.initialised.supervisionToken}` } },
    )
    t.equal(answer.headers.get('content-type'), 'application/octet-stream')
    t.match(answer.headers.get('content-disposition'), /^attachment; /)
    t.equal(sha256(Buffer.from(await answer.arrayBuffer())), evidence[side], side)
  }
  const folder = join(centre.settings.home, 'bytes')
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
  t.match(await centre.api('GET', `${path}/evidence/found`), {
    status: 500,
    body: { type: 'urn:probant:problem:evidence-altered' },
  })
  for (const [wrong, status] of [
    ['/boxes/forked/findings/nonsense', 400],
    ['/boxes/forked/findings/00000000-0000-4000-8000-000000000000', 404],
    [`${path}/evidence/other`, 400],
    [path.replace('forked', 'centre'), 404],
  ] as const)
    t.equal((await centre.api('GET', wrong)).status, status, wrong)
  t.match(await centre.api('GET', '/boxes/centre/findings'), { status: 200, body: { items: [] } })
  t.equal((await centre.api('GET', path, undefined, {})).status, 401)
})

void t.test('the fleet, those that need attention first, by state and by name', async (t) => {
  for (const id of ['calm-1', 'calm-2', 'calm-3']) await centre.follow(id)
  const Boxes = PageOf(Named)
  const seen: string[] = []
  for (let cursor = ''; ;) {
    const { body } = await centre.api('GET', `/boxes?order=attention&limit=1${cursor}`)
    const { items, nextCursor } = read(Boxes, body)
    seen.push(...items.map(({ id, state }) => `${id} ${state}`))
    if (nextCursor === undefined) break
    cursor = `&cursor=${nextCursor}`
  }
  t.same(seen, ['forked alert', 'calm-1 ok', 'calm-2 ok', 'calm-3 ok'])
  const ids = async (query: string) =>
    read(Boxes, (await centre.api('GET', `/boxes?${query}`)).body).items.map(({ id }) => id)
  t.same(await ids('state=alert'), ['forked'])
  t.same(await ids('text=BOX%20CALM'), ['calm-1', 'calm-2', 'calm-3'])
  t.same(await ids('text=lm-2&state=ok'), ['calm-2'])
  t.same(await ids('text=%25'), [], 'no pattern')
  t.match(await centre.api('GET', '/fleet'), {
    body: { states: { alert: 1, silent: 0, warning: 0, ok: 3 } },
  })
  for (const wrong of ['state=none', 'order=name', 'order=attention&cursor=nonsense'])
    t.equal((await centre.api('GET', `/boxes?${wrong}`)).status, 400, wrong)
})

void t.test(
  'codes that were given out are listed without being told, and taken back',
  async (t) => {
    const invitation = { boxId: 'invited', name: 'Invited', schedule }
    const issue = async () =>
      read(
        Type.Object({ code: Type.String() }),
        (await centre.api('POST', '/enrolment-codes', invitation)).body,
      ).code
    const [first, second] = [await issue(), await issue()]
    const Codes = PageOf(
      Type.Object({ id: Type.String(), state: Type.String(), box: Type.String() }),
    )
    const listed = async (query = '') =>
      read(Codes, (await centre.api('GET', `/enrolment-codes${query}`)).body)
    const { items } = await listed()
    t.same(
      items.map(({ state, box }) => `${box} ${state}`),
      ['invited open', 'invited open'],
    )
    const text = JSON.stringify(items)
    for (const code of [first, second]) t.notMatch(text, code.slice(10))
    const page = await listed('?limit=1')
    t.equal(page.items.length, 1)
    t.equal((await listed(`?limit=1&cursor=${page.nextCursor ?? ''}`)).items.length, 1)

    const id = second.replaceAll('-', '').slice(0, 8)
    t.equal((await centre.api('DELETE', `/enrolment-codes/${id}`)).status, 204)
    t.equal((await centre.api('DELETE', `/enrolment-codes/${id}`)).status, 404, 'once')
    t.equal((await centre.api('DELETE', '/enrolment-codes/22222222')).status, 404)
    const states = (await listed()).items.map(
      (code) => `${code.id === id ? 'it' : 'other'} ${code.state}`,
    )
    t.same(states.toSorted(), ['it revoked', 'other open'])
    const used = { code: second, words: 'any words at all' }
    t.match(await centre.api('POST', '/enrolments/confirmations', used), {
      status: 403,
      body: { detail: /revoked/ },
    })
    t.match(await centre.entriesOf('enrolment-code-revoked'), [
      { data: { box: 'invited', code: id } },
    ])
    centre.clock.advance(61 * 60_000)
    t.ok((await listed()).items.some(({ state }) => state === 'expired'))
  },
)

void t.test('schedules: one, the next windows before it is kept, page by page', async (t) => {
  t.match(await centre.api('GET', '/schedules/calm-1'), {
    body: { box: 'calm-1', window: { start: '22:00' }, nextWindows: [{}, {}, {}] },
  })
  t.equal((await centre.api('GET', '/schedules/nobody')).status, 404)
  const wanted = { ...schedule, window: { start: '01:30', end: '03:30' } }
  t.match(await centre.api('POST', '/schedules/previews', wanted), {
    status: 200,
    body: {
      nextWindows: [
        { opensAt: '2026-11-22T00:30:00.000Z', endsAt: '2026-11-22T02:30:00.000Z' },
        { opensAt: '2026-11-23T00:30:00.000Z', deadline: '2026-11-23T03:30:00.000Z' },
        {},
      ],
    },
  })
  t.match(await centre.api('GET', '/schedules/calm-1'), { body: { window: { start: '22:00' } } })
  const mars = { ...wanted, timeZone: 'Mars/Olympus' }
  t.equal((await centre.api('POST', '/schedules/previews', mars)).status, 409)
  t.equal((await centre.api('POST', '/schedules/previews', wanted, {})).status, 401)
  const Schedules = PageOf(Type.Object({ box: Type.String() }))
  const first = read(Schedules, (await centre.api('GET', '/schedules?limit=3')).body)
  t.same(
    first.items.map(({ box }) => box),
    ['calm-1', 'calm-2', 'calm-3'],
  )
  const rest = await centre.api('GET', `/schedules?limit=3&cursor=${first.nextCursor ?? ''}`)
  t.match(rest.body, { items: [{ box: 'forked' }] })
})

void t.test('maintenance, page by page', async (t) => {
  for (const minutes of [60, 120, 180]) {
    const at = (after: number) => formatTime(centre.clock.nowMs() + (minutes + after) * 60_000)
    const body = { box: 'calm-1', startsAt: at(0), endsAt: at(30), reason: 'disk' }
    t.equal((await centre.api('POST', '/maintenance-windows', body)).status, 201)
  }
  const Windows = PageOf(Type.Object({ id: Type.String(), startsAt: Type.String() }))
  const windows = async (query: string) =>
    read(Windows, (await centre.api('GET', `/maintenance-windows${query}`)).body)
  const whole = (await windows('')).items
  const times = whole.map(({ startsAt }) => startsAt)
  t.same(times, times.toSorted().reverse(), 'latest first')
  const first = await windows('?limit=2')
  const rest = await windows(`?limit=2&cursor=${first.nextCursor ?? ''}`)
  t.same([...first.items, ...rest.items], whole)
  t.equal(whole.length, 3)
})
