import { parseTrace } from '@probant/evidence'
import { systemClock, type Clock } from '@probant/host'
import t from 'tap'
import { lastCopyExpires } from '../../src/rotation/standing.ts'
import { liveEpochs, readEpochs } from '../../src/store/key-epochs.ts'
import { createWorld, form, staff } from '../world.ts'

// The service begins and ends epochs by its clock alone.

const HOUR_MS = 3_600_000
const schedule = { days: 2, overlapDays: 1 }

const later = (hours: number): Clock => ({
  nowMs: () => systemClock.nowMs() + hours * HOUR_MS,
  monotonicMs: () => systemClock.monotonicMs(),
  bootId: () => systemClock.bootId(),
  sleep: (ms, signal) => systemClock.sleep(ms, signal),
})

await t.test('an epoch begins a day before the former ends, on the second day', async (t) => {
  const world = await createWorld({ keyEpochs: schedule })
  t.teardown(() => world.close())
  const { vault, userId } = await staff(world)
  const issued = await world.call('POST', '/tokens', {
    token: world.identity.adminToken,
    json: { user: userId, label: 'lasting', expiresInDays: 30 },
  })
  const { token } = (await issued.json()) as { token: string }
  const made = await world.call('POST', `/vaults/${vault}/objects`, { token, body: form('kept') })
  const { id } = (await made.json()) as { id: string }
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50))
    const answer = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
    t.equal(await answer.text(), 'kept')
  }
  const epochs = () => readEpochs(world.box.database)
  const [first] = await epochs()
  if (first === undefined) throw new Error('no epoch')
  t.equal(first.endsAtMs, null)

  await world.restart({ clock: later(23) })
  await until(async () => (await world.box.rotation.standing()).vaultsBehind === 0)
  t.equal((await epochs()).length, 1, 'not before its time')

  await world.restart({ clock: later(25) })
  await until(async () => (await world.box.rotation.standing()).generations?.[0] === 2)
  const [former, second] = await epochs()
  t.equal(former?.endedAtMs, null, 'beside the next for a day')
  const overlapMs = (former?.endsAtMs ?? 0) - (second?.begunAtMs ?? 0)
  t.ok(Math.abs(overlapMs - 24 * HOUR_MS) < 60_000, String(overlapMs))
  t.ok(await world.box.keys.find('vaults'))
  const last = await lastCopyExpires(world.box.database, schedule)
  t.same(last, { epoch: 2, expiresMs: (second?.begunAtMs ?? 0) + 48 * HOUR_MS })

  // Never started for two weeks: the next gets its overlap all the same.
  await world.restart({ clock: later(14 * 24) })
  await until(async () => (await epochs())[0]?.endedAtMs !== null)
  t.equal(await world.box.keys.find('vaults'), undefined)
  await until(async () => (await world.box.rotation.standing()).generations?.[0] === 3)
  t.same(
    (await liveEpochs(world.box.database)).map(({ number }) => number),
    [2, 3],
  )
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'key-epoch-begun' ORDER BY seq`,
  )
  t.same(
    rows.map(({ bytes }) => parseTrace(bytes).data['asked']),
    ['start', 'schedule', 'schedule'],
  )
})
