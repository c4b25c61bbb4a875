import t from 'tap'
import type { Act } from '../../src/journal/act.ts'
import { Inspection } from '../kill/inspection.ts'
import { createWorld } from '../world.ts'

const world = await createWorld()
const inspection = new Inspection(world)
t.teardown(async () => {
  await inspection.close()
  await world.close()
})

void t.test(
  'an act that can not be journalled fails alone, whoever shares its transaction',
  async (t) => {
    const good: Act = { act: 'count', outcome: 'done' }
    const { rows } = await world.box.database.query<{ id: string }>('SELECT id FROM vault.users')
    const nobody = '00000000-0000-4000-8000-000000000000'
    const bad: readonly Act[] = [
      { ...good, data: { text: 'no Unicode: \ud800' } },
      { ...good, data: { text: 'x'.repeat(60_001) } },
      {
        ...good,
        rows: ({ timeMs }) => ({
          idempotencyKeys: [
            {
              ...{ userId: rows[0]?.id ?? nobody, vaultId: nobody, key: 'k', objectId: nobody },
              ...{ fingerprint: new Uint8Array(32), createdAtMs: timeMs },
            },
          ],
        }),
      },
    ]
    const before = await inspection.number('SELECT size AS n FROM journal.state')
    const outcomes = await Promise.allSettled(
      [good, good, ...bad, good, good, good].map((act) => world.box.journal.record(act)),
    )
    t.same(
      outcomes.map(({ status }) => status === 'fulfilled'),
      [true, true, false, false, false, true, true, true],
    )
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'act-refused' })
    t.equal(await inspection.number('SELECT size AS n FROM journal.state'), before + 5)
    t.same(world.fatal, [])
    t.ok((await world.box.journal.record(good)).seq)
    t.same(await inspection.differences(), [])
  },
)
