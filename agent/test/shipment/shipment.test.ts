import t from 'tap'
import { World } from '../fixtures/world.ts'

await t.test('ships everything signed, in segments that end at checkpoints', async (t) => {
  const world = await World.open(t)
  await world.box.append(3)
  await world.box.append(998)
  await world.box.append(500)
  const agent = await world.agent()
  const outcome = await agent.ship()

  t.equal(world.appliance.recomputations, 1, 'recomputed first')
  t.match(outcome, { shippedTo: 1501, receiptSize: 1501, segments: 3, traces: 1501, findings: [] })
  t.equal(world.centre.state.size, 1501)
  t.same(world.centre.state.range.root(), world.box.root())
  t.strictSame(world.centre.received, [
    'hello',
    'log',
    'segment',
    'segment',
    'segment',
    'head',
    'bye',
  ])
  t.equal(world.appliance.receipts.length, 1, 'the newest receipt went to the appliance')
  t.match(world.appliance.receipts[0], /^probant\.audit\/v1\nbox-7\/1\n1501\n/)
  t.equal(world.appliance.cosigned.length, 1, 'with the head cosigned on the way')
})

await t.test('goes on where the centre stands, without reading the journal again', async (t) => {
  const world = await World.open(t)
  await world.box.append(1000)
  await (await world.agent()).ship()
  await world.box.append(10)
  // Were the old traces read, their loss would show.
  await world.box.database.query('DELETE FROM journal.traces WHERE seq < 900')
  const outcome = await (await world.agent()).ship()
  t.match(outcome, { shippedTo: 1010, traces: 10, findings: [] })
})

await t.test('works its positions out again when they are gone', async (t) => {
  const world = await World.open(t)
  await world.box.append(600)
  await world.box.append(605)
  await (await world.agent()).ship()
  await world.box.append(5)
  const fresh = await world.agent({ home: `${world.folder}/another` })
  t.match(await fresh.ship(), { shippedTo: 1210, findings: [] })
})

await t.test('keeps a segment below 4 MiB', async (t) => {
  const world = await World.open(t)
  for (let at = 0; at < 4; at++) await world.box.append(30, 50_000)
  const outcome = await (await world.agent()).ship()
  t.match(outcome, { shippedTo: 120, segments: 2, findings: [] })
})

await t.test('answers a challenge with what the database holds now', async (t) => {
  const world = await World.open(t)
  await world.box.append(20)
  await world.box.append(20)
  const agent = await world.agent()
  await agent.ship()
  world.centre.challenge = [{ start: 0, end: 40 }]
  t.match(await agent.ship(), { findings: [] })
  await world.box.database.query(
    `UPDATE journal.traces SET bytes = overlay(bytes placing 'W'::bytea from 40) WHERE seq = 7`,
  )
  t.match(await agent.ship(), { findings: [{ kind: 'altered-trace', seq: 7 }] })
})

await t.test('tells when a challenged segment has no trace left', async (t) => {
  const world = await World.open(t)
  await world.box.append(20)
  await world.box.append(20)
  const agent = await world.agent()
  await agent.ship()
  world.centre.challenge = [{ start: 0, end: 20 }]
  await world.box.database.query('DELETE FROM journal.traces WHERE seq < 20')
  t.match(await agent.ship(), { findings: [{ kind: 'gap', seq: 0 }] })
})

await t.test('ships an altered trace as it is', async (t) => {
  const world = await World.open(t)
  await world.box.append(30)
  await world.box.database.query(
    `UPDATE journal.traces SET bytes = overlay(bytes placing 'W'::bytea from 40) WHERE seq = 11`,
  )
  const outcome = await (await world.agent()).ship()
  t.match(outcome, {
    shippedTo: 0,
    receiptSize: null,
    findings: [{ kind: 'altered-trace', seq: 11 }],
  })
})

await t.test('a missing trace: up to the hole, then what follows', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  await world.box.append(20)
  await world.box.database.query('DELETE FROM journal.traces WHERE seq = 17')
  const outcome = await (await world.agent()).ship()
  t.match(outcome, { shippedTo: 10, receiptSize: 10, segments: 1 })
  t.match(outcome.findings[0], { kind: 'gap', seq: 17 })
})

await t.test('the newest traces gone, their checkpoint there', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent()
  await agent.ship()
  await world.box.append(10)
  await world.box.database.query('DELETE FROM journal.traces WHERE seq >= 15')
  t.match((await agent.ship()).findings[0], { kind: 'truncated', seq: 15 }, 'some of them')
  await world.box.database.query('DELETE FROM journal.traces WHERE seq >= 10')
  t.match((await agent.ship()).findings[0], { kind: 'truncated', seq: 10 }, 'all of them')
})

await t.test('the newest traces and checkpoints gone: the older head says it', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent()
  await world.box.append(10)
  await agent.ship()
  await world.box.database.query('DELETE FROM journal.traces WHERE seq >= 10')
  await world.box.database.query('DELETE FROM journal.checkpoints WHERE size > 10')
  t.match(await world.ship(agent), { findings: [{ kind: 'truncated', seq: 10 }] })
  t.equal(world.centre.lastHello?.databaseSize, 20)
  await world.box.database.query('UPDATE journal.state SET size = 10')
  t.match(await agent.ship(), { findings: [{ kind: 'rollback', seq: 10 }] })
  t.match(world.appliance.findings, [{ kind: 'truncated' }, { kind: 'rollback' }])
})

await t.test('the appliance away: ships all the same, hands over later', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  world.appliance.status = 503
  const agent = await world.agent()
  t.match(await agent.ship(), { shippedTo: 10, receiptSize: 10, recomputation: null })
  t.match(await agent.status(), { receipt: { size: 10, handedOver: false } })
  world.appliance.status = undefined
  await agent.ship()
  t.match(await agent.status(), { receipt: { size: 10, handedOver: true } })
  t.equal(world.appliance.receipts.length, 1)
})

await t.test('ships what the recomputation journalled', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  world.appliance.onRecomputation = () => world.box.append(1)
  t.match(await (await world.agent()).ship(), { shippedTo: 11 })
})

await t.test('cut at any frame: nothing is lost, the next one ends it', async (t) => {
  const world = await World.open(t)
  for (let at = 0; at < 3; at++) await world.box.append(400)
  const agent = await world.agent()
  for (const cutAt of [1, 2, 3]) {
    world.centre.bent = { cutAt }
    await t.rejects(agent.ship(), { code: 'centre-unreachable' }, `at frame ${cutAt}`)
  }
  world.centre.bent = {}
  t.match(await agent.ship(), { shippedTo: 1200, receiptSize: 1200, findings: [] })
})

await t.test('a destruction is shipped at once, hours before the window', async (t) => {
  const world = await World.open(t)
  await world.box.append(5)
  const agent = await world.agent()
  const running = agent.run()
  /** Ten seconds for each of ours, for what waits on the clock. */
  const pass = async (ms: number, isEnough: () => boolean) => {
    for (let passed = 0; passed < ms && !isEnough(); passed += 100) {
      await world.clock.run(100)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  await pass(12_000, () => false)
  t.equal(world.appliance.receipts.length, 0, 'nothing is shipped before the window')
  await world.box.database.query(
    `UPDATE journal.traces SET act = 'destroy', outcome = 'done' WHERE seq = 3`,
  )
  await pass(120_000, () => world.appliance.receipts.length > 0)
  t.equal(world.appliance.receipts.length, 1)
  t.equal(world.centre.state.size, 5)
  world.stop()
  await running
})
