import { request } from 'node:http'
import t from 'tap'
import { parseTrace } from '@probant/evidence'
import { serveLocally } from '../../src/local/server.ts'
import { createWorld } from '../world.ts'

const world = await createWorld()
const local = await serveLocally(world.box)
t.teardown(async () => {
  await local.close()
  await world.close()
})

const tell = (body: object, path = '/enrolments') =>
  new Promise<number>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const socketPath = world.settings.localSocket
    request({ socketPath, method: 'POST', path, headers }, (answer) => {
      resolve(answer.resume().statusCode ?? 0)
    })
      .on('error', reject)
      .end(JSON.stringify(body))
  })

await t.test('what the agent tells of an enrolment is journalled', async (t) => {
  const fingerprint = 'ab'.repeat(32)
  for (const step of ['begun', 'refused', 'confirmed'])
    t.equal(await tell({ step, fingerprint }), 204)
  t.equal(await tell({ step: 'confirmed', fingerprint: 'short' }), 400)
  t.equal(await tell({ step: 'other', fingerprint }), 400)
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act LIKE 'enrolment-%' ORDER BY seq`,
  )
  const told = rows.map(({ bytes }) => {
    const { act, outcome, data } = parseTrace(bytes)
    return { act, outcome, data }
  })
  t.strictSame(told, [
    { act: 'enrolment-begun', outcome: 'done', data: { fingerprint } },
    {
      act: 'enrolment-confirmed',
      outcome: 'refused',
      data: { fingerprint, reason: 'other-words' },
    },
    { act: 'enrolment-confirmed', outcome: 'done', data: { fingerprint } },
  ])
})

await t.test('that an administrator accepted a restore of the centre is journalled', async (t) => {
  const [former, now] = [
    { witnessed: 12, audited: 10, log: 6 },
    { witnessed: 6, audited: null, log: null },
  ]
  const path = '/accepted-centre-restores'
  t.equal(await tell({ former, now }, path), 204)
  t.equal(await tell({ former, now: { witnessed: -1, audited: null, log: null } }, path), 400)
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'centre-restore-accepted'`,
  )
  t.match(
    rows.map(({ bytes }) => parseTrace(bytes).data),
    [{ former, now }],
  )
})
