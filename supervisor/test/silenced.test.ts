import t, { type Test } from 'tap'
import { Type } from 'typebox'
import { TestCentre } from './support/centre.ts'
import { read } from './support/shapes.ts'
import { until } from './support/until.ts'

// Whoever has the centre's database and wants nobody to be told: contacts and alerts are held to the alert journal.

const MINUTE_MS = 60_000
const DUTY = 'duty@client.example'

const broken = async (centre: TestCentre) =>
  (await centre.findings('centre')).filter(({ kind }) => kind === 'alerting-broken')

const raised = (centre: TestCentre, count: number) =>
  until('raised', centre, async () => (await broken(centre)).length >= count)

/** Somebody was told of an alert that is open. */
async function told(t: Test): Promise<TestCentre> {
  const centre = await TestCentre.start(t)
  await centre.tell(DUTY)
  const followed = await centre.follow('box-7', { everySeconds: null })
  followed.box.acts(6)
  followed.box.checkpoint()
  followed.box.flip(3)
  await centre.ship(followed)
  await centre.mails(1)
  return centre
}

const Contacts = Type.Object({
  items: Type.Array(Type.Object({ id: Type.String(), address: Type.String() })),
})

const idOf = ({ body }: { body: unknown }, sought: string) =>
  read(Contacts, body).items.find(({ address }) => address === sought)?.id ?? ''

/** Rounds that began after now have compared. */
async function compared(centre: TestCentre): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    await centre.pass(2 * MINUTE_MS)
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
}

void t.test('what the database alone says of contacts and alerts is found', async (t) => {
  const centre = await told(t)
  for (const name of ['removed', 'elsewhere', 'unverified', 'for-others'])
    await centre.tell(`${name}@client.example`, ['box-7'])
  await compared(centre)
  t.same(await broken(centre), [], 'nothing to begin with')
  for (const statement of [
    `UPDATE centre.contacts SET removed_at = now(), address = '' WHERE address ~ '^removed'`,
    `UPDATE centre.contacts SET address = 'x@client.example' WHERE address ~ '^elsewhere'`,
    `UPDATE centre.contacts SET verified_at = NULL, verified_by = NULL WHERE address ~ '^unverified'`,
    `UPDATE centre.contacts SET box_ids = '{box-9}' WHERE address ~ '^for-others'`,
    `UPDATE centre.alerts SET state = 'acknowledged', next_reminder_at = NULL`,
    `INSERT INTO centre.notifications (tenant_id, box_id, notification_id, alert_id, contact_id, channel,
       occasion, state, next_attempt_at, created_at)
     SELECT tenant_id, box_id, gen_random_uuid(), alert_id, contact_id, channel, 'reminder-1',
       'withdrawn', now(), now() FROM centre.notifications WHERE alert_id IS NOT NULL LIMIT 1`,
  ])
    await centre.database.query(statement)
  await centre.pass(2 * MINUTE_MS)
  await raised(centre, 6)
  const findings = await broken(centre)
  t.same(findings.map(({ found }) => found).sort(), [
    'another state, without an entry',
    'its state alone, without an entry',
    'none',
    'one for other boxes',
    'one that was never verified',
    'one with another address',
  ])
  const sentences = findings.map(({ sentence }) => sentence.en)
  for (const [words, count] of [
    [/gone/, 1],
    [/no longer the one/, 3],
    [/silenced/, 2],
  ] as const)
    t.equal(sentences.filter((one) => words.test(one)).length, count, String(words))
  t.notMatch(JSON.stringify(findings), 'client.example', 'no address')
  await centre.restart()
  await compared(centre)
  t.equal((await broken(centre)).length, 6, 'each is said once')
})

void t.test('what operators and contacts do accuses nobody', async (t) => {
  const centre = await told(t)
  const [alert] = await centre.alerts()
  await centre.api('POST', `/alerts/${alert?.id ?? ''}/acknowledgement`, {})
  const duty = idOf(await centre.api('GET', '/contacts'), DUTY)
  const third = { email: 'third@client.example' }
  await centre.api('POST', '/contacts', third)
  const added = idOf(await centre.api('GET', '/contacts'), third.email)
  t.equal((await centre.api('DELETE', `/contacts/${added}`)).status, 204)
  await centre.restart()
  await compared(centre)
  await centre.api('POST', `/alerts/${alert?.id ?? ''}/resolution`, {})
  await compared(centre)
  t.same(await broken(centre), [])

  t.equal((await centre.api('DELETE', `/contacts/${duty}`)).status, 204)
  await centre.pass(2 * MINUTE_MS)
  await raised(centre, 1)
  t.match(await broken(centre), [{ sentence: { en: /Nobody is told/ }, found: 'nobody' }])
  await centre.tell('fourth@client.example')
  await centre.pass(2 * MINUTE_MS)
  await until('over', centre, async () =>
    (await broken(centre)).every(({ resolvedAt }) => resolvedAt !== undefined),
  )
})
