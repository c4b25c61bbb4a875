import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { bodyOf, TestRelay } from '../../supervisor/test/support/mail.ts'
import { World } from '../../agent/test/fixtures/world.ts'

const DAY_MS = 86_400_000

async function told(t: Test) {
  const world = await World.open(t)
  const relay = new TestRelay()
  await relay.listen()
  t.teardown(() => relay.close())
  const mail = {
    host: '127.0.0.1',
    port: relay.port,
    from: 'box@client.example',
    to: ['it@client.example'],
  }
  return { world, relay, agent: () => world.agent({ mail }) }
}

await t.test('nights without a receipt: the client’s own IT is told, once', async (t) => {
  const { world, relay, agent } = await told(t)
  await world.box.append(5)
  const first = await agent()
  await first.ship()
  await first.tell()
  t.equal(relay.received.length, 0, 'all is well')
  world.clock.advance(2 * DAY_MS)
  relay.answer = 451
  await t.rejects(first.tell())
  relay.answer = 250
  await first.tell()
  await first.tell()
  world.clock.advance(DAY_MS)
  const second = await agent()
  await second.tell()
  t.equal(relay.received.length, 1, 'once for each silence, also after a restart')
  t.equal(relay.received[0]?.to, 'it@client.example')
  t.match(bodyOf(relay.received[0] ?? { to: '', text: '' }), /Une nuit a passé sans reçu/)
  t.match(await second.status(), {
    findings: [{ kind: 'missing-shipment' }],
    nightsWithoutReceipt: 3,
  })
  t.match(world.appliance.findings, [{ kind: 'missing-shipment' }], 'and journalled')
  await world.box.append(1)
  await second.ship()
  await second.tell()
  t.match(await second.status(), { findingCount: 0 }, 'over with the next receipt')
  t.equal(relay.received.length, 1)
})

await t.test('a centre that went back is told by the box, by way of its own relay', async (t) => {
  const { world, relay, agent } = await told(t)
  await world.box.append(10)
  const first = await agent()
  const { state, auditedNote, witnessed } = world.centre
  await first.ship()
  Object.assign(world.centre, { state, auditedNote, witnessed })
  await first.ship()
  await first.tell()
  await first.tell()
  const [message] = relay.received
  t.equal(relay.received.length, 1, 'both findings in one message')
  const text = bodyOf(message ?? { to: '', text: '' })
  t.match(text, /cosigned size 10 or more/)
  t.match(text, /audited size 10 or more/)
  const names = await readdir(join(world.settings().home, 'findings'))
  t.ok(
    names.some((name) => name.endsWith('.held.note')),
    'with what it held as evidence',
  )
})
