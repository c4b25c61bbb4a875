import t from 'tap'
import { parseCheckpoint, parseNote, parseVkey, verifyCosignatures } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import type { Agent } from '../../src/agent.ts'
import { World } from '../fixtures/world.ts'

/** Heads that the agent has tried, by its own count. */
async function triedHeads(agent: Agent): Promise<number> {
  const text = await agent.registry.getSingleMetricAsString('probant_agent_heads_total')
  return [...text.matchAll(/^probant_agent_heads_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
}

/** Lets the agent do what it does by itself until it has tried so many heads more. */
async function untilHeads(world: World, agent: Agent, count: number): Promise<void> {
  const enough = (await triedHeads(agent)) + count
  const running = agent.run()
  const deadline = performance.now() + 30_000
  while ((await triedHeads(agent)) < enough && performance.now() < deadline) {
    await world.clock.run(5000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  world.stop()
  await running
}

async function headOf(agent: Agent, world: World): Promise<object | null> {
  await untilHeads(world, agent, 1)
  return (await agent.status()).lastHead
}

await t.test('heads go at fixed instants, news or not, and come back cosigned', async (t) => {
  const world = await World.open(t)
  await world.box.append(5)
  const agent = await world.agent()
  await untilHeads(world, agent, 3)
  t.equal(world.centre.witnessed?.size, 5)
  t.ok(world.centre.sessions >= 3, 'again without news')
  t.equal(world.centre.mostOpenSessions, 1, 'never two sessions at once')
  const cosigned = parseNote(world.appliance.cosigned[0] ?? '')
  t.equal(parseCheckpoint(cosigned.text).size, 5)
  const keys = world.centre.witnessKeys.map((vkey) => parseVkey(vkey))
  t.match(await verifyCosignatures(nodeCrypto, cosigned, keys), [
    { type: 4, answer: 'valid' },
    { type: 6, answer: 'valid' },
  ])
  t.match(await agent.status(), { witnessed: { size: 5 }, lastHead: { size: 5, status: 200 } })
  t.ok((await triedHeads(agent)) >= 3)
})

await t.test('a box that journals no more says so to the centre', async (t) => {
  const world = await World.open(t)
  world.appliance.stoppedBecause = 'the journal key does not sign'
  const agent = await world.agent()
  await agent.ship()
  t.equal(world.centre.lastHello?.stoppedBecause, 'the journal key does not sign')
  world.appliance.stoppedBecause = null
  await agent.ship()
  t.equal(world.centre.lastHello?.stoppedBecause, undefined)
})

await t.test('a shipment due meanwhile never makes two sessions', async (t) => {
  const world = await World.open(t)
  await world.box.append(500)
  const agent = await world.agent()
  const shipments = [agent.ship(), agent.ship()]
  await untilHeads(world, agent, 4)
  await Promise.all(shipments)
  t.equal(world.centre.mostOpenSessions, 1)
  t.equal(world.centre.state.size, 500)
})

await t.test('proves growth from the cached nodes, or from the traces', async (t) => {
  for (const [name, tamper] of [
    ['sound', undefined],
    ['missing', 'DELETE FROM journal.interior_nodes'],
    ['altered', `UPDATE journal.interior_nodes SET hash = sha256(hash)`],
  ] as const)
    await t.test(name, async (t) => {
      const world = await World.open(t)
      await world.box.append(700)
      const agent = await world.agent()
      await agent.ship()
      await world.box.append(633)
      if (tamper !== undefined) await world.box.database.query(tamper)
      t.match(await headOf(agent, world), { size: 1333, status: 200 })
      const kinds = (await agent.status()).findings.map(({ kind }) => kind)
      t.strictSame(kinds, name === 'altered' ? ['tiles-altered'] : [])
      t.equal(world.centre.witnessed?.size, 1333)
    })
})

await t.test('a history rewritten: the head goes out, the centre refuses it', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent()
  await agent.ship()
  const forged = await world.box.sign(12, new Uint8Array(32))
  await world.box.database.query(
    'INSERT INTO journal.checkpoints (size, root, note) VALUES (12, $1, $2)',
    [new Uint8Array(32), forged],
  )
  t.match(await headOf(agent, world), { size: 12, status: 422, findings: 1 })
})

await t.test('no checkpoint left at all', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent()
  await agent.ship()
  await world.box.database.query('DELETE FROM journal.checkpoints')
  const outcome = await world.ship(agent)
  t.match(outcome.findings, [{ kind: 'truncated', seq: 0 }])
})

await t.test('a forged cosignature spoils the answer', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent()
  world.centre.bent = {
    headAnswer: (answer) => ({
      ...answer,
      lines: (answer.lines ?? []).map((line, at) =>
        at === 0 ? line.replace(/.{4}$/, (end) => (end === 'AAAA' ? 'AAAB' : 'AAAA')) : line,
      ),
    }),
  }
  await t.rejects(agent.ship(), { code: 'centre-misbehaved' })
  t.strictSame(world.appliance.cosigned, [])
  t.match(await agent.status(), {
    witnessed: null,
    findings: [{ kind: 'bad-checkpoint-signature' }],
  })
  world.centre.bent = { headAnswer: ({ status }) => ({ status, lines: [] }) }
  await t.rejects(agent.ship(), { message: /no cosignature/ })
})

await t.test('a centre that went back is told of, and served', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent()
  const { state, auditedNote, witnessed } = world.centre
  await world.box.append(10)
  await agent.ship()
  Object.assign(world.centre, { state, auditedNote, witnessed })
  const outcome = await (await world.agent()).ship()
  t.match(outcome.findings, [
    { kind: 'supervisor-rollback', expected: 'cosigned size 20 or more', found: 'a smaller one' },
    { kind: 'supervisor-rollback', expected: 'audited size 20 or more' },
  ])
  t.equal(outcome.shippedTo, 20, 'late data still goes')
  t.match(world.appliance.findings, [{ kind: 'supervisor-rollback' }, {}])
  const again = await world.agent()
  t.match(await again.status(), { findingCount: 2, receipt: { size: 20 } })
  t.match(
    await again.registry.getSingleMetricAsString('probant_agent_findings'),
    /probant_agent_findings\{kind="supervisor-rollback"[^}]*\} 2/,
  )
})

await t.test(
  'a centre from before there was a log of cosigned heads goes on being served',
  async (t) => {
    const world = await World.open(t)
    await world.box.append(10)
    world.centre.bent = { isOld: true }
    const agent = await world.agent()
    t.match(await agent.ship(), { shippedTo: 10, findings: [] })
    t.strictSame(world.centre.received.slice(0, 2), ['hello', 'hello'], 'asked, and then not')
    const { sessions } = world.centre
    await agent.ship()
    t.equal(world.centre.sessions, sessions + 1, 'nor again soon')
    t.match(await agent.status(), { centreLog: null, findingCount: 0 })
  },
)

await t.test('an audit receipt for something else is not taken', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent()
  const another = await world.centre.receipt(new Uint8Array(32), 10)
  world.centre.bent = { segmentAnswer: (answer) => ({ ...answer, receipt: another }) }
  await t.rejects(agent.ship(), { code: 'centre-misbehaved' })
  t.match(await agent.status(), { receipt: null, findings: [{ kind: 'supervisor-equivocation' }] })
  world.centre.bent = {
    welcome: (welcome) => ({ ...welcome, audited: { size: 5, note: welcome.audited?.note ?? '' } }),
  }
  await t.rejects(agent.ship(), { code: 'centre-misbehaved' }, 'a note of another size')
})

await t.test('a centre that vouches for two histories', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent()
  await agent.ship()
  const note = await world.centre.receipt(new Uint8Array(32), 10)
  world.centre.bent = { welcome: (welcome) => ({ ...welcome, audited: { size: 10, note } }) }
  const { findings } = await agent.ship()
  t.match(findings, [{ kind: 'supervisor-equivocation', found: /^root 0{64} at that size$/ }])
  t.match(await agent.status(), { receipt: { size: 10 }, findingCount: 1 })
})

await t.test('off-peak: one shipment a night, a missed one at once, nights counted', async (t) => {
  const world = await World.open(t)
  await world.box.append(10)
  const agent = await world.agent({ heads: null })
  const running = agent.run()
  const shipments = () => world.centre.received.filter((name) => name === 'hello').length
  const pass = async (hours: number) => {
    for (let minute = 0; minute < hours * 60; minute += 5) {
      await world.clock.run(300_000)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  /** Waits for our own time, in which the agent talks to the centre. */
  const done = async (count: number) => {
    const sum = () => world.centre.received.filter((name) => name === 'bye').length
    for (let tries = 0; tries < 400 && sum() < count; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    // Long enough for another that should not come.
    await new Promise((resolve) => setTimeout(resolve, 200))
    return shipments()
  }
  await pass(12)
  t.equal(await done(0), 0, 'not before 22:00 in Paris')
  await pass(2)
  t.equal(await done(1), 1, 'in the window')
  await pass(9)
  t.equal(await done(1), 1, 'once')
  t.match(await agent.status(), { nightsWithoutReceipt: 0, receipt: { size: 10 } })
  world.clock.set(world.clock.nowMs() + 3 * 86_400_000)
  t.match(await agent.status(), { nightsWithoutReceipt: 3 })
  await pass(0.2)
  t.equal(await done(2), 2, 'caught up')
  world.stop()
  await running
})

await t.test('witnesses that sign under one name are one', async (t) => {
  const world = await World.open(t)
  const witness = (name: string, keys: string[]) => ({ name, url: 'http://127.0.0.1:1', keys })
  const { witnessKeys } = world.centre
  const isRefused = { code: 'unusable-key' }
  await t.rejects(world.agent({ witnesses: [witness('other', witnessKeys)] }), isRefused)
  const foreign = 'temoin.example/centre+0969dd23+BIHDlUYNRY+euI+5bTSIvGatkSr8cx2HnqHV1spLj5p+'
  const twice = [witness('other', [foreign]), witness('third', [foreign])]
  await t.rejects(world.agent({ witnesses: twice }), isRefused)
  await t.rejects(
    world.agent({ witnesses: [witness('other', [foreign, ...witnessKeys])] }),
    isRefused,
  )
  await t.resolves(world.agent({ witnesses: [witness('other', [foreign])] }))
})
