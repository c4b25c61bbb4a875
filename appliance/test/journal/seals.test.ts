import { parseTrace } from '@probant/evidence'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { Inspection } from '../kill/inspection.ts'
import { createWorld } from '../world.ts'

void t.test('a box that is never at rest is sealed all the same', async (t) => {
  const world = await createWorld({ journal: { sealAfterSeconds: 1, idleSealSeconds: 3600 } })
  const inspection = new Inspection(world)
  t.teardown(async () => {
    await inspection.close()
    await world.close()
  })
  const seals = () =>
    inspection.number(`SELECT count(*) AS n FROM journal.traces WHERE act = 'seal'`)
  for (let tries = 0; tries < 2000 && (await seals()) < 4; tries += 1) {
    // those that come while a seal is on its way must not be forgotten
    await Promise.all(
      Array.from({ length: 8 }, () => world.box.journal.record({ act: 'count', outcome: 'done' })),
    )
  }
  t.ok((await seals()) >= 4)
  t.same(await inspection.differences(), [])
})

void t.test('a start is sealed without waiting for another act', async (t) => {
  const world = await createWorld({ journal: { sealAfterSeconds: 1, idleSealSeconds: 3600 } })
  t.teardown(() => world.close())
  await world.restart()
  const newest = async () => {
    const { rows } = await world.box.database.query<{ bytes: Buffer }>(
      'SELECT bytes FROM journal.traces ORDER BY seq DESC LIMIT 1',
    )
    return parseTrace(rows[0]?.bytes ?? new Uint8Array())
  }
  t.equal((await newest()).act, 'service-started')
  for (let tries = 0; tries < 100 && (await newest()).act !== 'seal'; tries += 1) await delay(100)
  const seal = await newest()
  t.equal(seal.act, 'seal')
  t.equal(seal.data['size'], seal.seq)
  await delay(2500)
  t.equal((await newest()).seq, seal.seq, 'a seal makes no other seal due')
})
