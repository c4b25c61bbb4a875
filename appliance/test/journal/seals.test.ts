import { parseTrace } from '@probant/evidence'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createWorld } from '../world.ts'

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
