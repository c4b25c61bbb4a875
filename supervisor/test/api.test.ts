import t from 'tap'
import { Type } from 'typebox'
import { newAgentKey } from './support/agent.ts'
import { TestBox } from './support/box.ts'
import { enrolmentOf, TestCentre } from './support/centre.ts'
import { PageOf, read } from './support/shapes.ts'

let centre: TestCentre

t.before(async () => {
  centre = await TestCentre.start(t)
})

const SessionShape = Type.Object({ csrfToken: Type.String(), user: Type.String() })

void t.test('nothing is told without a token', async (t) => {
  for (const path of [
    '/boxes',
    '/boxes/x',
    '/boxes/x/findings',
    '/alerts',
    '/alert-journal',
    '/alert-journal/segments/0',
    '/contacts',
    '/schedules',
    '/maintenance-windows',
    '/sessions/current',
  ]) {
    t.equal((await centre.api('GET', path, undefined, {})).status, 401, path)
    const wrong = await centre.api('GET', path, undefined, { authorization: 'Bearer nonsense' })
    t.equal(wrong.status, 401, `${path} with a wrong token`)
  }
  const uuid = '00000000-0000-4000-8000-000000000000'
  for (const path of [
    '/enrolments',
    '/contacts',
    '/maintenance-windows',
    `/alerts/${uuid}/acknowledgement`,
  ])
    t.not((await centre.api('POST', path, {}, {})).status, 201, path)
})

void t.test('signing in to the pages, with protection against forged requests', async (t) => {
  const { operator, supervisionToken } = centre.initialised
  const wrong = { user: operator.user, password: 'wrong' }
  t.match(await centre.api('POST', '/sessions', wrong, {}), {
    status: 401,
    body: { type: 'urn:probant:problem:wrong-password' },
  })
  t.equal(
    (await centre.api('POST', '/sessions', { user: 'nobody', password: 'x' }, {})).status,
    401,
  )
  t.equal((await centre.api('POST', '/sessions', { ...operator, more: 1 }, {})).status, 400)
  const signedIn = await centre.api('POST', '/sessions', operator, {})
  t.equal(signedIn.status, 201)
  const { csrfToken } = read(SessionShape, signedIn.body)
  const cookie = signedIn.headers.get('set-cookie') ?? ''
  t.match(cookie, /HttpOnly/)
  t.match(cookie, /SameSite=Strict/)
  const session = { cookie: cookie.split(';')[0] ?? '' }
  t.match(await centre.api('GET', '/sessions/current', undefined, session), {
    status: 200,
    body: { user: 'operator', csrfToken },
  })
  const contact = { email: 'a@b.example' }
  t.match(await centre.api('POST', '/contacts', contact, session), {
    status: 403,
    body: { type: 'urn:probant:problem:csrf' },
  })
  const allowed = { ...session, 'x-csrf-token': csrfToken }
  t.equal((await centre.api('POST', '/contacts', contact, allowed)).status, 201)
  t.equal((await centre.api('DELETE', '/sessions/current', undefined, allowed)).status, 204)
  t.equal((await centre.api('GET', '/boxes', undefined, session)).status, 401, 'signed out')
  const byToken = await centre.api('POST', '/sessions', { token: supervisionToken }, {})
  t.equal(byToken.status, 201, 'a token signs in as well')
})

void t.test('enrolment: once, the same again, and every contradiction refused', async (t) => {
  const box = new TestBox('new-box')
  const key = newAgentKey()
  const body = enrolmentOf(box, key)
  const { witnessKeys, auditKey, sshHostKey } = centre.initialised
  const enrolled = await centre.api('POST', '/enrolments', body)
  t.match(enrolled, { status: 201, body: { witnessKeys, auditKey, sshHostKey } })
  t.match(enrolled.body, { ssh: { host: '127.0.0.1', port: centre.centre.ports.ssh } })
  t.same((await centre.api('POST', '/enrolments', body)).body, enrolled.body, 'safe to repeat')
  const refused: [string, object, number][] = [
    ['other keys', { ...body, agentKey: newAgentKey().blob }, 409],
    ['another origin', { ...body, origin: 'other/1' }, 409],
    ['a key of another name', { ...body, boxId: 'b2', journalKey: new TestBox('zz').vkey }, 409],
    ['no key', { ...body, boxId: 'b2', journalKey: 'nonsense' }, 409],
    ['no agent key', { ...body, boxId: 'b2', agentKey: 'AAAA' }, 409],
    ['the centre itself', { ...enrolmentOf(new TestBox('centre'), key), boxId: 'centre' }, 409],
    [
      'a zone that is none',
      { ...enrolmentOf(new TestBox('b3'), key, { timeZone: 'Mars/Olympus' }) },
      409,
    ],
    ['a time that is none', { ...enrolmentOf(new TestBox('b3'), key, { start: '25:00' }) }, 400],
    ['an unknown field', { ...body, more: true }, 400],
  ]
  for (const [what, wrong, status] of refused)
    t.equal((await centre.api('POST', '/enrolments', wrong)).status, status, what)
  const { body: fleet } = await centre.api('GET', '/boxes')
  t.match(fleet, { items: [{ id: 'new-box', origin: 'new-box/1', attestation: 'not-attested' }] })
})

void t.test('lists go on where the page before ended', async (t) => {
  const keys = newAgentKey()
  for (const name of ['list-1', 'list-2', 'list-3', 'list-4', 'list-5'])
    await centre.api('POST', '/enrolments', enrolmentOf(new TestBox(name), keys))
  const seen: string[] = []
  let query = '?limit=2'
  for (;;) {
    const { body } = await centre.api('GET', `/boxes${query}`)
    const page = read(PageOf(Type.Object({ id: Type.String() })), body)
    seen.push(...page.items.map(({ id }) => id))
    if (page.nextCursor === undefined) break
    query = `?limit=2&cursor=${page.nextCursor}`
  }
  t.same(seen, ['list-1', 'list-2', 'list-3', 'list-4', 'list-5', 'new-box'])
  for (const path of ['/boxes', '/alerts', '/alert-journal', '/boxes/list-1/findings'])
    t.equal((await centre.api('GET', `${path}?cursor=nonsense`)).status, 400, path)
  t.equal((await centre.api('GET', '/boxes?limit=1000')).status, 400)
  t.equal((await centre.api('GET', '/boxes?more=1')).status, 400)
  t.equal((await centre.api('GET', '/boxes/nobody')).status, 404)
  const entries = await centre.entries()
  t.equal(entries[0]?.act, 'log-opened')
})

async function journalSize(): Promise<number> {
  const { rows } = await centre.database.query<{ size: number }>(
    'SELECT size::int AS size FROM centre.alert_journals',
  )
  return rows[0]?.size ?? 0
}

void t.test('contacts, schedules and maintenance', async (t) => {
  for (const email of ['no address', 'a@b@c', 'a@b\r\nBcc: x@y', '<a@b>', 'a,b@c'])
    t.equal((await centre.api('POST', '/contacts', { email })).status, 400, email)
  const before = await journalSize()
  const told = { email: 'x@y.example', boxes: ['list-1'] }
  const { body: contact, status } = await centre.api('POST', '/contacts', told)
  t.equal(status, 201)
  const { id } = read(Type.Object({ id: Type.String() }), contact)
  t.equal((await centre.api('POST', '/contacts', { email: 'X@Y.example' })).status, 409, 'once')

  const { body: schedules } = await centre.api('GET', '/schedules')
  t.match(schedules, { items: [{ box: 'list-1' }] })
  const changed = await centre.api('PATCH', '/schedules/list-1', {
    heads: null,
    window: { start: '12:00', end: '13:00' },
    timeZone: 'UTC',
    graceMinutes: 5,
  })
  t.match(changed, { status: 200, body: { nextDeadline: '2026-11-21T13:05:00.000Z' } })
  const wrong = {
    heads: null,
    window: { start: '12:00', end: '13:00' },
    timeZone: 'X',
    graceMinutes: 5,
  }
  t.equal((await centre.api('PATCH', '/schedules/list-1', wrong)).status, 409)

  const window = {
    box: 'list-1',
    startsAt: '2026-11-21T12:00:00Z',
    endsAt: '2026-11-21T14:00:00.000Z',
    reason: 'disk',
  }
  t.equal((await centre.api('POST', '/maintenance-windows', window)).status, 201)
  const past = { ...window, startsAt: '2026-11-20T12:00:00Z', endsAt: '2026-11-20T14:00:00Z' }
  t.equal((await centre.api('POST', '/maintenance-windows', past)).status, 422, 'not afterwards')
  t.equal((await centre.api('POST', '/maintenance-windows', { ...window, box: 'x' })).status, 404)
  t.match((await centre.api('GET', '/maintenance-windows')).body, { items: [{ box: 'list-1' }] })
  t.equal((await centre.api('DELETE', `/contacts/${id}`)).status, 204)
  t.equal((await centre.api('DELETE', `/contacts/${id}`)).status, 404)

  await centre.entriesOf('contact-removed')
  const entries = (await centre.entries())
    .slice(before)
    .filter(({ act }) => !act.startsWith('notification-'))
  t.match(
    entries,
    [
      { act: 'contact-added', data: { contact: id, boxes: ['list-1'], address: {} } },
      { act: 'contact-verification-asked', data: { contact: id, address: {} } },
      { act: 'schedule-changed', data: { box: 'list-1', window: { start: '12:00' } } },
      {
        act: 'maintenance-announced',
        data: { box: 'list-1', startsAt: '2026-11-21T12:00:00.000Z' },
      },
      { act: 'contact-removed', data: { contact: id } },
    ],
    'each change, and no refusal, is journalled',
  )
  t.equal(entries.length, 5)
  const { rows } = await centre.database.query<{ text: string; actor: string; opened: number }>(
    `SELECT string_agg(convert_from(t.bytes, 'UTF8'), '') AS text,
            count(o.operator_id) FILTER (WHERE o.field = 'actor')::int AS actor,
            count(o.contact_id) FILTER (WHERE o.contact_id = $2)::int AS opened
     FROM centre.alert_traces t LEFT JOIN centre.alert_openings o USING (tenant_id, seq)
     WHERE t.seq >= $1`,
    [before, id],
  )
  t.match(
    rows,
    [{ actor: 5, opened: 0 }],
    'by whom; whom it was about is forgotten with the contact',
  )
  for (const personal of ['x@y.example', 'disk', 'operator"'])
    t.notOk(rows[0]?.text.includes(personal), personal)
})

void t.test('the administration address and the description of the API', async (t) => {
  const { administration } = centre.centre.ports
  for (const path of ['healthz', 'readyz', 'metrics']) {
    const answer = await fetch(`http://127.0.0.1:${administration}/${path}`)
    t.equal(answer.status, 200, path)
    await answer.text()
  }
  const { body } = await centre.api('GET', '/openapi.json')
  t.match(body, { openapi: '3.1.0', paths: { '/api/v1/enrolments': { post: {} } } })
})
