import { createHash } from 'node:crypto'
import { ManualClock } from '@probant/host'
import t from 'tap'
import { Inspection } from '../kill/inspection.ts'
import { cosign, depositIn, destroyingWorld, verified } from '../destruction/setting.ts'

// Restitution: read, then destroyed once the reader confirmed every byte; whatever else happens destroys nothing.

const { world, vault, token, manager } = await destroyingWorld()
const inspection = new Inspection(world)
t.teardown(async () => {
  await inspection.close()
  await world.close()
})
const at = (id: string) => `/vaults/${vault}/objects/${id}`
const json = async (answer: Response) => (await answer.json()) as Record<string, unknown>
const post = (path: string, body: unknown, by = manager) =>
  world.call('POST', path, { token: by, json: body })
const begin = async (id: string) =>
  String((await json(await post(`${at(id)}/restitutions`, { reason: 'Rendu à Mme Dupont' })))['id'])
const read = async (id: string) =>
  (await world.call('GET', `${at(id)}/content`, { token: manager })).text()
const digestsOf = (content: string) => ({
  sha256: createHash('sha256').update(content).digest('hex'),
  'sha3-256': createHash('sha3-256').update(content).digest('hex'),
})
const confirm = (restitution: string, content: string, by = manager) =>
  post(`/restitutions/${restitution}/confirmation`, { digests: digestsOf(content) }, by)
const isThere = async (id: string) =>
  (await world.call('GET', `${at(id)}/content`, { token: manager })).status === 200

void t.test('read, confirmed, destroyed, proved', async (t) => {
  const id = await depositIn(world, vault, token, {}, 'to be given back')
  const restitution = await begin(id)
  const content = await read(id)
  const answer = await confirm(restitution, content)
  t.equal(answer.status, 200)
  t.match(await verified(world, await answer.arrayBuffer()), {
    verdict: { status: 'valid' },
    facts: { object: id, destruction: { reason: 'Rendu à Mme Dupont' } },
  })
  t.equal((await world.call('GET', at(id), { token })).status, 410)
  t.equal((await confirm(restitution, content)).status, 404)
  t.same(await inspection.differences(), [])
})

void t.test('who may not, and what does not confirm, destroys nothing', async (t) => {
  const id = await depositIn(world, vault, token, {}, 'stays')
  t.equal((await post(`${at(id)}/restitutions`, { reason: 'x' }, token)).status, 403)
  const restitution = await begin(id)
  const unread = await confirm(restitution, 'stays')
  t.equal(unread.status, 409)
  t.match(await json(unread), { type: /not-read$/ })
  await read(id)
  const wrong = await confirm(restitution, 'other')
  t.equal(wrong.status, 422)
  t.match(await json(wrong), { type: /digest-mismatch$/ })
  const { sha256 } = digestsOf('stays')
  const half = { digests: { sha256, 'sha3-256': '00'.repeat(32) } }
  t.equal((await post(`/restitutions/${restitution}/confirmation`, half)).status, 422)
  t.equal((await confirm(restitution, 'stays', token)).status, 404, 'another reader')
  t.ok(await isThere(id))
  await post('/holds', { reason: 'x', vault, objects: [id] })
  t.equal((await confirm(restitution, 'stays')).status, 409, 'a hold that came meanwhile')
  t.equal((await post(`${at(id)}/restitutions`, { reason: 'x' })).status, 409)
  t.ok(await isThere(id))
  const refusals = await inspection.number(
    `SELECT count(*)::int AS n FROM journal.traces WHERE act = 'restitution' AND outcome = 'refused'`,
  )
  t.equal(refusals, 5)
})

void t.test('retention forbids it', async (t) => {
  const paie = { name: 'paie', days: 10, starts: 'deposit', fate: 'destroy' }
  await post('/retention-classes', paie)
  const id = await depositIn(world, vault, token, { retentionClass: 'paie' })
  await cosign(world, world.box.clock.nowMs())
  const refused = await post(`${at(id)}/restitutions`, { reason: 'x' })
  t.equal(refused.status, 409)
  t.match(await json(refused), { type: /under-retention$/ })
})

void t.test('one that is interrupted or expires destroys nothing', async (t) => {
  const id = await depositIn(world, vault, token, {}, 'interrupted')
  const restitution = await begin(id)
  await read(id)
  const clock = new ManualClock({ nowMs: Date.now(), monotonicMs: 1e9 })
  await world.restart({ clock })
  t.equal((await confirm(restitution, 'interrupted')).status, 404, 'the service restarted')
  const again = await begin(id)
  await read(id)
  clock.advance(24 * 3_600_000)
  t.equal((await confirm(again, 'interrupted')).status, 404, 'too late')
  t.ok(await isThere(id))
})
