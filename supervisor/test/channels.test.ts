import { createPublicKey, verify } from 'node:crypto'
import t, { type Test } from 'tap'
import { Type } from 'typebox'
import { TestCentre, type Followed } from './support/centre.ts'
import { house, TestHook, TestSyslog, type House, type Posted } from './support/receivers.ts'
import { read } from './support/shapes.ts'
import { until } from './support/until.ts'

// Webhooks and syslog over TLS, with receivers that speak both for real.

const MINUTE_MS = 60_000

let its: House

t.before(async () => {
  its = await house(t)
})

/** A centre that trusts the house and shows its certificate. */
async function housed(t: Test): Promise<TestCentre> {
  const centre = await TestCentre.start(t)
  const { cert, key } = its.client
  centre.settings.alerts = { tlsRoots: its.roots, clientCertificate: cert, clientKey: key }
  await centre.restart()
  return centre
}

async function altered(centre: TestCentre): Promise<Followed> {
  const followed = await centre.follow('box-7', { everySeconds: null })
  followed.box.acts(6)
  followed.box.checkpoint()
  followed.box.flip(3)
  await centre.ship(followed)
  return followed
}

const added = async (centre: TestCentre, body: object) => {
  const answer = await centre.api('POST', '/contacts', body)
  return read(Type.Object({ id: Type.String() }), answer.body).id
}

const ContactsShape = Type.Object({
  items: Type.Array(Type.Object({ id: Type.String(), state: Type.String() })),
  messageKey: Type.Object({ vkey: Type.String(), webhook: Type.String() }),
})
const contacts = async (centre: TestCentre) =>
  read(ContactsShape, (await centre.api('GET', '/contacts')).body)
const isVerified = async (centre: TestCentre) =>
  (await contacts(centre)).items[0]?.state === 'verified'

/** Of messages about the box; that one failed is an alert of its own, told to the same receiver. */
const outcomes = async (centre: TestCentre) =>
  (await centre.alerts())
    .filter(({ box }) => box === 'box-7')
    .flatMap(({ notifications }) =>
      notifications
        .filter(({ outcome }) => outcome !== 'attempted')
        .map(({ channel, outcome, reply }) => `${channel} ${outcome} ${reply ?? ''}`),
    )

/** As a receiver checks it, from the key that the centre publishes (Standard Webhooks, `v1a`). */
function isSigned({ headers, body }: Posted, published: string): boolean {
  const raw = Buffer.from(published.replace(/^whpk_/, ''), 'base64')
  const x = raw.toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const signature = String(headers['webhook-signature']).replace(/^v1a,/, '')
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  return verify(null, Buffer.from(content), key, Buffer.from(signature, 'base64'))
}

void t.test('a webhook: it repeats the challenge, then gets signed alerts', async (t) => {
  const centre = await housed(t)
  const hook = new TestHook(its)
  const webhook = await hook.listen(t)
  for (const refused of [
    { webhook: webhook.replace('https', 'http') },
    { webhook: webhook.replace('//', '//user:password@') },
    { webhook, email: 'duty@client.example' },
    { boxes: [] },
  ])
    t.equal((await centre.api('POST', '/contacts', refused)).status, 400, JSON.stringify(refused))
  const id = await added(centre, { webhook })
  await until('verified', centre, () => isVerified(centre))
  t.match((await centre.api('GET', '/contacts')).body, {
    items: [{ id, channel: 'webhook', address: webhook, verifiedBy: 'challenge' }],
  })
  await altered(centre)
  await until('told', centre, async () => (await outcomes(centre)).length >= 1)
  t.same(await outcomes(centre), ['webhook delivered HTTP 204'])
  const [asked, told] = hook.received
  const { messageKey } = await contacts(centre)
  if (asked === undefined || told === undefined) throw new Error('two posts must be there')
  t.match(JSON.parse(told.body), {
    ...{ format: 1, type: 'alert', centre: 'centre.test', occasion: 'opened', severity: 'alert' },
    ...{ box: 'box-7', kinds: ['altered-trace'], state: 'open' },
    findings: [{ kind: 'altered-trace', seq: 3, en: /altered at trace 3/, fr: /trace 3/ }],
    acknowledge: /^http:\/\/centre\.test\/acknowledge#/,
    text: /Que faire/,
  })
  for (const posted of [asked, told]) t.ok(isSigned(posted, messageKey.webhook), 'signed')
  const later = { ...told.headers, 'webhook-timestamp': '1' }
  t.notOk(isSigned({ ...told, headers: later }, messageKey.webhook), 'the time is signed')
  t.notOk(isSigned({ ...told, body: `${told.body} ` }, messageKey.webhook), 'the body is signed')
  t.equal(
    Number(told.headers['webhook-timestamp']) * 1000,
    centre.clock.nowMs(),
    'so that a receiver refuses what is old',
  )
  const [entry] = await centre.entriesOf('notification-delivered', 2).then((all) => all.slice(-1))
  t.match(entry, { data: { channel: 'webhook', reply: 'HTTP 204', address: {} } })
  t.notMatch(JSON.stringify(await centre.entries()), '127.0.0.1', 'addresses are commitments')
})

void t.test('a webhook that redirects, is busy, or is not who it must be', async (t) => {
  const centre = await housed(t)
  const hook = new TestHook(its)
  const other = new TestHook(its)
  hook.isAnswering = false
  await added(centre, { webhook: await hook.listen(t) })
  await until('asked', centre, () => hook.received.length === 1)
  t.equal(await isVerified(centre), false, 'a 200 alone shows nothing')
  const { challenge } = read(
    Type.Object({ challenge: Type.String() }),
    JSON.parse(hook.received[0]?.body ?? ''),
  )
  const [{ id } = { id: '' }] = (await contacts(centre)).items
  const path = `/contacts/${id}/verification/code`
  t.equal((await centre.api('POST', path, { code: challenge })).status, 200, 'by its operator')

  hook.status = 503
  await altered(centre)
  await until('deferred', centre, async () => (await outcomes(centre)).length >= 1)
  hook.status = 307
  hook.location = await other.listen(t)
  await centre.pass(MINUTE_MS)
  await until('failed', centre, async () => (await outcomes(centre)).length >= 2)
  t.same(await outcomes(centre), ['webhook deferred HTTP 503', 'webhook failed HTTP 307'])
  t.same(other.received, [], 'no redirect is followed')

  centre.settings.alerts = {}
  await centre.restart()
  const before = hook.received.length
  await centre.pass(61 * MINUTE_MS)
  const unvouched = /^webhook deferred .*(CERT|SIGNATURE|ISSUER)/
  await until('refused', centre, async () =>
    (await outcomes(centre)).some((outcome) => unvouched.test(outcome)),
  )
  t.equal(hook.received.length, before, 'nothing is told to a server that nobody vouches for')
})

void t.test('syslog over TLS: a code in the message, then alerts in one line', async (t) => {
  const centre = await housed(t)
  const receiver = new TestSyslog(its)
  const id = await added(centre, { syslog: await receiver.listen(t) })
  await until('asked', centre, () => receiver.received.length === 1)
  t.equal(await isVerified(centre), false)
  const code = /code="(\w+)"/.exec(receiver.received[0] ?? '')?.[1]
  t.match(receiver.received[0], /^<109>1 \S+Z centre\.test probant - verification \[probant@32473 /)
  const path = `/contacts/${id}/verification/code`
  t.match(await centre.api('POST', path, { code }), { status: 200, body: { verifiedBy: 'code' } })
  await altered(centre)
  await until('told', centre, async () => (await outcomes(centre)).length >= 1)
  t.same(await outcomes(centre), ['syslog delivered written'])
  t.match(
    receiver.received[1],
    /^<105>1 2026-11-21T11:00:00\.000Z centre\.test probant - alert \[probant@32473 type="alert" [^\]]*kinds="altered-trace"[^\]]*\] \u{feff}Box box-7: the journal was altered at trace 3/u,
  )
  t.notMatch(receiver.received[1], /\n/)
  t.match(receiver.received[1], /\.[\w-]{86}$/, 'to its last octet')

  // the receiver asks for a certificate; without one it takes nothing
  centre.settings.alerts = { tlsRoots: its.roots }
  await centre.restart()
  await centre.pass(61 * MINUTE_MS)
  await until('refused', centre, async () => (await outcomes(centre)).length >= 2)
  t.match((await outcomes(centre))[1], /^syslog deferred /)
  t.equal(receiver.received.length, 2)
})
