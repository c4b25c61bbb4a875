import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { TestCentre, type Followed } from './support/centre.ts'

// What one box may make the centre do and keep in a day; the others notice nothing of it.

let centre: TestCentre
let calm: Followed

t.before(async () => {
  centre = await TestCentre.start(t)
  calm = await centre.follow('calm', { everySeconds: null })
})

t.afterEach(() => {
  delete centre.settings.quotas
})

/** Another box ships as ever. */
async function shipCalmly(): Promise<number[]> {
  calm.box.acts(5)
  return (await centre.ship(calm)).map(({ status }) => status)
}

async function files(): Promise<number> {
  const names = await readdir(join(centre.settings.home, 'bytes'), { recursive: true })
  return names.filter((name) => /[0-9a-f]{64}$/.test(name)).length
}

void t.test('segments and bytes of a day', async (t) => {
  const followed = await centre.follow('busy', { everySeconds: null })
  const { box } = followed
  box.acts(9)
  centre.settings.quotas = { segmentsPerDay: 3 }
  const ship = async () => {
    const agent = await centre.connect(followed)
    for (const { start, end } of agent.welcome?.challenge.segments ?? [])
      await agent.segment('challenge', box.segment(start, end))
    for (let at = agent.welcome?.audited?.size ?? 0; at < box.size; at += 2)
      await agent.segment('shipment', box.segment(at, at + 2))
    await agent.bye()
  }
  await t.rejects(ship(), /at most 3 segments a day/)
  await t.rejects(ship(), /at most 3 segments a day/, 'nor in another session')
  t.match(await centre.findings('busy'), [
    { kind: 'oversized', expected: 'at most 3 segments a day', found: /^more on 2026-/ },
  ])
  t.match(await centre.entriesOf('finding-raised'), [{ data: { kind: 'oversized' } }], 'journalled')
  t.notOk(
    (await shipCalmly()).some((status) => status !== 200),
    'another box is not concerned',
  )

  centre.clock.advance(86_400_000)
  centre.settings.quotas = { segmentsPerDay: 100 }
  await ship()
  t.match((await centre.api('GET', '/boxes/busy')).body, { lastShipment: { size: 10 } })

  centre.settings.quotas = { bytesPerDay: 2000 }
  box.acts(2)
  await t.rejects(ship(), /at most 2000 bytes a day/)
})

void t.test('evidence of what is known is kept once', async (t) => {
  const followed = await centre.follow('repeats', { everySeconds: null })
  followed.box.acts(19)
  followed.box.checkpoint()
  followed.box.flip(5)
  const before = await files()
  for (let night = 0; night < 5; night++) {
    // the same contradiction, in other bytes
    const end = 10 + night
    const agent = await centre.connect(followed)
    await agent.segment('shipment', followed.box.segment(0, end))
    await agent.bye()
  }
  t.ok((await centre.kinds('repeats')).length > 0)
  t.equal((await files()) - before, 1)
})

void t.test('evidence and findings of a day', async (t) => {
  const followed = await centre.follow('liar', { everySeconds: null })
  followed.box.acts(39)
  followed.box.checkpoint()
  const lie = async (seq: number) => {
    followed.box.flip(seq)
    const agent = await centre.connect(followed)
    const { status } = await agent.segment('shipment', followed.box.segment(0))
    await agent.bye()
    followed.box.flip(seq)
    return status
  }
  centre.settings.quotas = { evidenceBytesPerDay: 60_000, findingsPerDay: 8 }
  const before = await files()
  for (const seq of [3, 6, 9, 12, 15, 18, 21, 24, 27, 30]) t.equal(await lie(seq), 422)
  const found = await centre.findings('liar')
  t.ok((await files()) - before <= 3, 'the share of a day is kept')
  t.ok(
    found.some(({ evidence }) => evidence.found === null),
    'findings stand without it',
  )
  t.equal(found.length, 9, 'and one stands for those that are too many')
  t.ok(found.some(({ expected }) => expected === 'at most 8 findings a day'))
  t.equal(await lie(33), 422, 'what it says is refused all the same')
  t.notOk((await shipCalmly()).some((status) => status !== 200))
})
