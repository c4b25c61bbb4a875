import { createPool } from '@probant/postgres'
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Inspection } from '../kill/inspection.ts'
import { form } from '../world.ts'
import { cosign, depositIn, destroyingWorld, verified } from './setting.ts'

// Destruction: refused under retention and holds, by the journal and by trusted time; what is erased, what remains, what is proved.

const { world, vault, token, auditorToken, manager } = await destroyingWorld()
const root = createPool({ ...world.database.superuser, max: 1 })
const inspection = new Inspection(world)
t.teardown(async () => {
  await inspection.close()
  await root.close()
  await world.close()
})
await root.query('SET session_replication_role = replica')
const DAY_MS = 86_400_000
const reason = 'Fin de vie, demande de Mme Dupont'
const at = (id: string) => `/vaults/${vault}/objects/${id}`
const destroy = (id: string, by = manager) =>
  world.call('DELETE', at(id), { token: by, json: { reason } })
const json = async (answer: Response) => (await answer.json()) as Record<string, unknown>
const found = async () =>
  (await inspection.differences()).map((text) => JSON.parse(text) as Record<string, unknown>)
const fileOf = (id: string) => join(world.settings.home, 'store', 'objects', id.slice(0, 2), id)
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
const post = (path: string, body: unknown) =>
  world.call('POST', path, { token: manager, json: body })

void t.test('who may not, and what is not there', async (t) => {
  const id = await depositIn(world, vault, token)
  t.equal((await destroy(id, token)).status, 403)
  t.equal((await destroy(id, auditorToken)).status, 403)
  t.equal((await world.call('DELETE', at(id), { token: manager, json: {} })).status, 400)
  t.equal((await destroy('11111111-2222-4333-8444-555555555555')).status, 404)
  t.equal((await world.call('GET', at(id), { token })).status, 200)
})

void t.test('of an object of several files every file is gone, and none is found', async (t) => {
  const body = form('premier')
  body.append('file', new Blob(['second']), '2.txt')
  const kept = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
  const { id = '', files } = (await kept.json()) as { id?: string; files: { digests: object }[] }
  t.ok(await isThere(join(fileOf(id), '2')))
  const answer = await destroy(id)
  t.equal(answer.status, 200)
  t.match((await verified(world, await answer.arrayBuffer())).verdict, { status: 'valid' })
  t.notOk(await isThere(fileOf(id)))
  t.equal((await world.call('GET', `${at(id)}/files/2/content`, { token })).status, 410)
  const of = { token, json: { digests: files[1]?.digests } }
  t.same(await json(await world.call('POST', `/vaults/${vault}/comparisons`, of)), {
    identical: [],
  })
  t.equal(await inspection.number('SELECT count(*) AS n FROM vault.object_files'), 0)
  t.same(await found(), [])
})

void t.test('what is destroyed is gone, its proof stays', async (t) => {
  const id = await depositIn(world, vault, token)
  const other = await depositIn(world, vault, token)
  const key = await readFile(fileOf(id))
  const answer = await destroy(id)
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('content-type'), 'application/zip')
  const report = await verified(world, await answer.arrayBuffer())
  t.match(report.verdict, { status: 'valid' })
  t.match(report.facts, { object: id, documents: [], state: 'accepted' })
  t.match(report.facts?.destruction, { reason, lastCopyExpires: /^20.*Z$/ })
  t.ok(report.notProved.includes('copies-elsewhere'))

  for (const path of ['', '/content']) {
    const gone = await world.call('GET', `${at(id)}${path}`, { token })
    t.equal(gone.status, 410)
    t.match(await json(gone), { type: /destroyed$/, size: 10, destroyedAt: /Z$/ })
  }
  t.equal((await destroy(id)).status, 410)
  const list = (await json(await world.call('GET', `/vaults/${vault}/objects`, { token }))) as {
    items: { id: string }[]
  }
  t.notOk(list.items.some((each) => each.id === id))
  const journal = await world.call('GET', `${at(id)}/journal`, { token })
  t.match((await json(journal))['items'], [
    { act: 'destroy', outcome: 'refused' },
    { act: 'read', outcome: 'refused' },
    {},
    { act: 'destroy', outcome: 'done' },
  ])
  t.notOk(await isThere(fileOf(id)))
  for (const table of ['object_secrets WHERE object_id', 'objects WHERE id'])
    t.equal(await inspection.number(`SELECT count(*)::int AS n FROM vault.${table} = '${id}'`), 0)
  const { rows } = await root.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'destroy'`,
  )
  t.notOk(
    rows.some(({ bytes }) => bytes.includes('Dupont')),
    'no trace holds the reason',
  )
  t.same(await found(), [])

  await cosign(world, world.box.clock.nowMs())
  const later = await world.call('GET', `${at(id)}/proof`, { token: auditorToken })
  t.match(await verified(world, await later.arrayBuffer()), {
    verdict: { status: 'valid' },
    facts: { state: 'witnessed', destruction: { reason } },
  })

  // An older file, put back by somebody: without its key it is no document, and the next start removes it.
  await writeFile(fileOf(id), key)
  await world.restart()
  t.notOk(await isThere(fileOf(id)))
  t.equal((await world.call('GET', `${at(other)}/content`, { token })).status, 200)
})

void t.test('a proof that somebody changed is invalid', async (t) => {
  const id = await depositIn(world, vault, token)
  const zip = new Uint8Array(await (await destroy(id)).arrayBuffer())
  await root.query(
    `UPDATE journal.openings SET value = 'another reason' WHERE field = 'grounds' AND seq =
       (SELECT destroy_seq FROM vault.destroyed_objects WHERE id = $1)`,
    [id],
  )
  const changed = await world.call('GET', `${at(id)}/proof`, { token })
  t.match(await verified(world, await changed.arrayBuffer()), {
    verdict: { status: 'invalid', code: 'bad-opening' },
  })
  t.match(await verified(world, zip.buffer), { verdict: { status: 'valid' } })
  t.match(await found(), [{ kind: 'metadata-altered' }])
  await root.query(`UPDATE journal.openings SET value = $1 WHERE value = 'another reason'`, [
    Buffer.from(reason),
  ])
  t.same(await found(), [])
})

void t.test('a hold forbids it, also one that is placed in the same moment', async (t) => {
  const id = await depositIn(world, vault, token)
  const hold = await json(await post('/holds', { reason: 'x', vault, objects: [id] }))
  const refused = await destroy(id)
  t.equal(refused.status, 409)
  t.match(await json(refused), { type: /under-hold$/, holds: [hold['id']] })
  // Somebody takes the hold away in the database: what counts is the journal.
  await root.query(`UPDATE vault.holds SET lifted_seq = 1 WHERE id = $1`, [hold['id']])
  t.equal((await destroy(id)).status, 409)
  t.match(await found(), [{ kind: 'policy-altered' }, { kind: 'policy-altered' }])
  await root.query(`UPDATE vault.holds SET lifted_seq = NULL WHERE id = $1`, [hold['id']])
  t.equal((await post(`/holds/${String(hold['id'])}/lifting`, { reason: 'x' })).status, 200)
  const placing = post('/holds', { reason: 'y', vault, objects: [id] })
  const answers = [await placing, await destroy(id)]
  t.same(
    answers.map(({ status }) => status),
    [201, 409],
  )
})

void t.test('retention forbids it until trusted time is past its end', async (t) => {
  const paie = { name: 'paie', days: 10, starts: 'deposit', fate: 'destroy' }
  t.equal((await post('/retention-classes', paie)).status, 201)
  t.equal((await post('/retention-classes', { ...paie, name: 'garde', fate: 'keep' })).status, 201)
  const id = await depositIn(world, vault, token, { retentionClass: 'paie' })
  const kept = await depositIn(world, vault, token, { retentionClass: 'garde' })
  const early = await destroy(id)
  t.equal(early.status, 409)
  const problem = await json(early)
  t.match(problem, { type: /under-retention$/, until: /Z$/, trustedTime: /Z$/ })
  // Drill 18: shortened in the database, then asked for.
  await root.query(`UPDATE vault.retention_classes SET days = 1 WHERE name = 'paie'`)
  await cosign(world, world.box.clock.nowMs() + 5 * DAY_MS)
  t.equal((await destroy(id)).status, 409)
  t.match(await found(), [{ kind: 'policy-altered' }, { kind: 'policy-altered' }])
  await root.query(`UPDATE vault.retention_classes SET days = 10 WHERE name = 'paie'`)
  // A cosignature that nobody gave moves no time.
  await root.query(`UPDATE journal.cosignatures SET timestamp = timestamp + 900000000`)
  t.equal((await destroy(id)).status, 409)
  await root.query(`UPDATE journal.cosignatures SET timestamp = timestamp - 900000000`)
  await post('/holds', { reason: 'z', vault, objects: [kept] })
  await cosign(world, world.box.clock.nowMs() + 11 * DAY_MS)
  const answer = await destroy(id)
  t.equal(answer.status, 200)
  t.match(await verified(world, await answer.arrayBuffer()), { verdict: { status: 'valid' } })
  t.match(await json(await destroy(kept)), { type: /under-hold$/ })
  const { rows } = await root.query<{ reason: string }>(
    `SELECT DISTINCT convert_from(bytes, 'UTF8')::json #>> '{data,reason}' AS reason FROM journal.traces
     WHERE act = 'destroy' AND outcome = 'refused' ORDER BY 1`,
  )
  t.same(
    rows.map((row) => row.reason),
    ['destroyed', 'forbidden', 'no-such-object', 'under-hold', 'under-retention'],
  )
})

void t.test('a key that is put back is found, and opens nothing', async (t) => {
  const id = await depositIn(world, vault, token)
  await root.query(
    `CREATE TABLE public.kept_objects AS SELECT * FROM vault.objects WHERE id = '${id}';
     CREATE TABLE public.kept_secrets AS SELECT * FROM vault.object_secrets WHERE object_id = '${id}'`,
  )
  const file = await readFile(fileOf(id))
  t.equal((await destroy(id)).status, 200)
  await root.query(
    `INSERT INTO vault.objects SELECT * FROM public.kept_objects;
     INSERT INTO vault.object_secrets SELECT * FROM public.kept_secrets`,
  )
  await writeFile(fileOf(id), file)
  t.match(await found(), [{ kind: 'destroyed-key-revived', object: id }])
  t.equal((await world.call('GET', `${at(id)}/content`, { token })).status, 410)
  await root.query(`DELETE FROM vault.object_secrets WHERE object_id = '${id}'`)
  await root.query(`DELETE FROM vault.objects WHERE id = '${id}'`)
  t.same(await found(), [])
  await root.query(`CREATE TABLE public.tombs AS SELECT * FROM vault.destroyed_objects;
    DELETE FROM vault.destroyed_objects WHERE id = '${id}'`)
  t.match(await found(), [{ kind: 'metadata-altered', object: id }])
  const hidden = await depositIn(world, vault, token)
  await root.query(
    `INSERT INTO vault.destroyed_objects SELECT * FROM public.tombs WHERE id = '${id}';
     INSERT INTO vault.destroyed_objects SELECT id, vault_id, deposit_seq, deposit_seq, deposited_at, size, media_type
       FROM vault.objects WHERE id = '${hidden}'`,
  )
  t.match(await found(), [{ kind: 'metadata-altered', object: hidden }])
})
