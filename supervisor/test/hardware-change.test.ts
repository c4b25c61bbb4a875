import t from 'tap'
import { newAgentKey } from './support/agent.ts'
import { TestCentre, type Followed } from './support/centre.ts'

const centre = await TestCentre.start(t)

async function declare(followed: Followed, after: number, key = newAgentKey()) {
  const { box } = followed
  const answer = await centre.api('POST', `/boxes/${box.boxId}/hardware-changes`, {
    origin: box.origin,
    journalKey: box.vkey,
    agentKey: key.blob,
    after,
  })
  return { ...answer, followed: { box, key } }
}

await t.test('new hardware that nobody declared is a wrong key', async (t) => {
  const followed = await centre.follow('undeclared')
  followed.box.acts(5)
  await centre.head(followed)
  followed.box.swapKey()
  followed.box.acts(5)
  t.equal((await centre.head(followed)).status, 403)
  t.same(await centre.kinds('undeclared'), ['wrong-key'])
})

await t.test('declared, the journal goes on under the new key, and the former ends', async (t) => {
  const followed = await centre.follow('declared')
  const { box } = followed
  box.acts(1500)
  await centre.head(followed)
  const after = box.size
  // the backlog's first segment ends at a checkpoint of the former hardware
  const backlog = box.segment(0, 1000)
  const beyond = box.copy()
  box.swapKey()
  box.act({ act: 'signing-keys-declared' })
  const { status, body, followed: renewed } = await declare(followed, after)
  t.equal(status, 204, JSON.stringify(body))
  t.same(await centre.kinds('declared'), ['hardware-change-declared'])
  t.equal((await centre.head(renewed)).status, 200)

  const agent = await centre.connect(renewed)
  t.equal((await agent.segment('shipment', backlog)).status, 200)
  t.equal((await agent.segment('shipment', box.segment(1000))).status, 200)
  await agent.bye()
  t.same(await centre.kinds('declared'), ['hardware-change-declared'])

  await t.rejects(centre.connect(followed), 'the former agent key is refused')
  beyond.acts(20)
  t.equal((await centre.head({ box: beyond, key: renewed.key })).status, 403)
  t.ok((await centre.kinds('declared')).includes('wrong-key'), 'the former journal key is over')
})

await t.test(
  'the change is a warning, journalled, and the same again changes nothing',
  async (t) => {
    const followed = await centre.follow('repeated')
    followed.box.acts(3)
    await centre.head(followed)
    const after = followed.box.size
    followed.box.swapKey()
    const { followed: renewed } = await declare(followed, after)
    t.equal((await declare(followed, after, renewed.key)).status, 204)
    const [finding] = await centre.findings('repeated')
    t.match(finding, { kind: 'hardware-change-declared', seq: after })
    const alert = (await centre.alerts()).find(({ box }) => box === 'repeated')
    t.equal(alert?.severity, 'warning')
    const entries = await centre.entriesOf('hardware-change-declared', 2)
    t.equal(entries.filter(({ data }) => JSON.stringify(data).includes('repeated')).length, 1)
  },
)

await t.test('a copy that lost what was witnessed is not let on', async (t) => {
  const followed = await centre.follow('incomplete')
  followed.box.acts(9)
  await centre.head(followed)
  followed.box.rewind(5)
  followed.box.swapKey()
  const { status, body } = await declare(followed, 5)
  t.equal(status, 409)
  t.match(JSON.stringify(body), /10 traces were witnessed .* goes on after 5/)
  t.same(await centre.kinds('incomplete'), [])
})
