import { fromBase64, parseLat, parseStatement, type Retention } from '@probant/evidence'
import { formatTime, parseTime } from '@probant/host'
import t from 'tap'
import { alteredWorld } from '../integrity/altered-world.ts'
import { form } from '../world.ts'

// Classes, a vault’s default, dated events and holds: what the API makes of them, what the LAT says, and who changed them by hand.

const { world, root, inspection, vault, token, auditorToken } = await alteredWorld()
const DAY_MS = 86_400_000

const json = async (answer: Response) => (await answer.json()) as Record<string, unknown>
const manager = await (async () => {
  const admin = world.identity.adminToken
  const post = async (path: string, body: unknown) =>
    json(await world.call('POST', path, { token: admin, json: body }))
  const password = 'a password of the tests'
  const roles = ['functional-administrator']
  const { id } = await post('/users', { user: 'fonc', name: 'Fonc', password, roles })
  const made = await post('/tokens', { user: id, label: 'test', expiresInDays: 1 })
  return String(made['token'])
})()
const manage = (method: string, path: string, body?: unknown) =>
  world.call(method, path, { token: manager, ...(body === undefined ? {} : { json: body }) })

interface Kept {
  id: string
  receipt: { lat: string }
}

function deposit(metadata: object) {
  const body = form('some bytes', 'a.txt', { title: 'a', ...metadata })
  return world.call('POST', `/vaults/${vault}/objects`, { token, body })
}

async function deposited(metadata: object = {}) {
  const answer = await deposit(metadata)
  const { id, receipt } = (await answer.json()) as Kept
  const statement = parseStatement(parseLat(fromBase64(receipt.lat)).statement)
  return { id, ...statement }
}

const retentionOf = async (id: string) =>
  (await json(await world.call('GET', `/vaults/${vault}/objects/${id}`, { token })))['retention']

const paie = { name: 'paie', days: 1825, starts: 'deposit', fate: 'destroy' }

void t.test('classes are made, lengthened and never shortened', async (t) => {
  const refused = await world.call('POST', '/retention-classes', { token, json: paie })
  t.equal(refused.status, 403)
  t.equal((await manage('POST', '/retention-classes', paie)).status, 201)
  t.equal((await manage('POST', '/retention-classes', paie)).status, 409)
  const contrat = { name: 'contrat', days: 30, starts: 'event', fate: 'review' }
  t.equal((await manage('POST', '/retention-classes', contrat)).status, 201)
  t.equal((await manage('PATCH', '/retention-classes/none', { days: 3 })).status, 404)
  const shortened = await manage('PATCH', '/retention-classes/paie', { days: 1824 })
  t.equal(shortened.status, 409)
  t.match(await json(shortened), { type: /retention-refused$/ })
  t.match(await json(await manage('PATCH', '/retention-classes/contrat', { days: 31 })), {
    days: 31,
  })
  t.match(await json(await world.call('GET', '/retention-classes', { token })), {
    items: [{ name: 'contrat', days: 31 }, paie],
  })
  const { rows } = await root.query(
    `SELECT outcome FROM journal.traces WHERE act = 'retention-class-lengthened' ORDER BY seq`,
  )
  t.same(rows, [{ outcome: 'refused' }, { outcome: 'done' }])
})

void t.test('the archive proof says class and earliest end', async (t) => {
  const without = await deposited()
  t.equal(without.retention, null, 'neither named nor a default')
  const named = await deposited({ retentionClass: 'paie' })
  const end = (received: string) => formatTime(parseTime(received) + 1825 * DAY_MS)
  const expected = (received: string): Retention => ({
    ...{ class: 'paie', days: 1825, earliestEnd: end(received) },
  })
  t.same(named.retention, expected(named.receivedAt))
  const unknown = await deposit({ retentionClass: 'nulle' })
  t.equal(unknown.status, 422)
  t.match(await json(unknown), { type: /bad-deposit$/ })
  t.equal((await manage('PUT', `/vaults/${vault}/retention`, { class: 'nulle' })).status, 404)
  t.equal((await manage('PUT', `/vaults/${vault}/retention`, { class: 'paie' })).status, 200)
  const byDefault = await deposited()
  t.same(byDefault.retention, expected(byDefault.receivedAt))
  t.equal((await manage('PUT', `/vaults/${vault}/retention`, { class: null })).status, 200)
  t.equal((await deposited()).retention, null)
})

void t.test(
  'the end is that of the class as it is now, never before what the proof says',
  async (t) => {
    const { id, receivedAt } = await deposited({ retentionClass: 'paie' })
    const until = (days: number) => formatTime(parseTime(receivedAt) + days * DAY_MS)
    t.match(await retentionOf(id), { class: 'paie', kept: 'until', until: until(1825), holds: [] })
    t.equal((await manage('PATCH', '/retention-classes/paie', { days: 1826 })).status, 200)
    t.match(await retentionOf(id), { until: until(1826) })
  },
)

void t.test('retention that counts from an event waits for it', async (t) => {
  const { id, retention } = await deposited({ retentionClass: 'contrat' })
  t.same(retention, { class: 'contrat', days: 31, earliestEnd: null })
  t.match(await retentionOf(id), { kept: 'event-to-come', until: null })
  const start = (date: string) =>
    manage('PUT', `/vaults/${vault}/objects/${id}/retention-start`, { date })
  t.equal((await start('2030-02-30')).status, 400, 'no such day')
  t.equal((await start('2030-01-31')).status, 200)
  t.match(await retentionOf(id), { kept: 'until', until: '2030-03-04T00:00:00.000Z' })
  t.equal((await start('2030-01-30')).status, 409, 'never to an earlier day')
  t.equal((await start('2030-02-01')).status, 200)
})

void t.test('holds are placed and lifted, with who, when and why', async (t) => {
  const { id } = await deposited()
  const hold = { reason: 'Affaire Dupont', vault, objects: [id] }
  t.equal((await world.call('POST', '/holds', { token, json: hold })).status, 403)
  const strange = { ...hold, objects: ['11111111-2222-4333-8444-555555555555'] }
  t.equal((await manage('POST', '/holds', strange)).status, 404)
  const placed = await json(await manage('POST', '/holds', hold))
  t.match(placed, {
    objects: [id],
    placed: { reason: 'Affaire Dupont', by: /-/, at: /Z$/ },
    lifted: null,
  })
  t.match(await retentionOf(id), { holds: [placed['id']] })
  const whole = await json(await manage('POST', '/holds', { reason: 'all', vault }))
  t.match(await retentionOf(id), { holds: [placed['id'], whole['id']] })
  const lift = (of: Record<string, unknown>) =>
    manage('POST', `/holds/${String(of['id'])}/lifting`, { reason: 'Classée' })
  t.match(await json(await lift(whole)), { lifted: { reason: 'Classée' } })
  t.equal((await lift(whole)).status, 409)
  t.match(await retentionOf(id), { holds: [placed['id']] })
  const asAuditor = await world.call('GET', `/holds?vault=${vault}`, { token: auditorToken })
  t.match(await json(asAuditor), { items: [{ id: whole['id'] }, { id: placed['id'] }] })
  const { rows } = await root.query<{ trace: string }>(
    `SELECT convert_from(bytes, 'UTF8') AS trace FROM journal.traces WHERE act LIKE 'hold-%' AND outcome = 'done'`,
  )
  t.equal(rows.length, 3)
  t.notOk(
    rows.some(({ trace }) => /Dupont|Class/.test(trace)),
    'no trace holds the reason',
  )
})

void t.test('what somebody changes in the tables is found, and does not count', async (t) => {
  const found = async () =>
    (await inspection.differences()).map((text) => JSON.parse(text) as Record<string, unknown>)
  t.same(await found(), [])
  const changed = async (change: string, expected: RegExp, undo: string) => {
    await root.query(change)
    t.match(await found(), [{ kind: 'policy-altered', expected }], change)
    await root.query(undo)
    t.same(await found(), [], undo)
  }
  const { id, receivedAt } = await deposited({ retentionClass: 'paie' })
  await root.query(`UPDATE vault.retention_classes SET days = 1 WHERE name = 'paie'`)
  const kinds = (await found()).map(({ kind }) => kind)
  t.same(
    kinds,
    ['policy-altered', 'policy-altered'],
    'the rule that is gone, the row that is not one',
  )
  const until = formatTime(parseTime(receivedAt) + 1826 * DAY_MS)
  t.match(await retentionOf(id), { until }, 'what counts is the journal')
  await root.query(`UPDATE vault.retention_classes SET days = 1826 WHERE name = 'paie'`)
  await changed(
    `CREATE TABLE public.kept AS SELECT * FROM vault.held_objects; DELETE FROM vault.held_objects`,
    /held /,
    `INSERT INTO vault.held_objects SELECT * FROM public.kept`,
  )
  await changed(
    `CREATE TABLE public.events AS SELECT * FROM vault.retention_events; DELETE FROM vault.retention_events`,
    /event /,
    `INSERT INTO vault.retention_events SELECT * FROM public.events`,
  )
  await changed(
    `INSERT INTO vault.retention_defaults VALUES ('${vault}', 'contrat', 3)`,
    /only rules that the journal states/,
    `DELETE FROM vault.retention_defaults`,
  )
})
