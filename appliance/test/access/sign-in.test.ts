import { systemClock, type Clock } from '@probant/host'
import { TOTP, Secret } from 'otpauth'
import t from 'tap'
import { createWorld, staff } from '../world.ts'

/** Signing in over HTTP, against a box whose clock the test moves. */
let aheadMs = 0
const clock: Clock = {
  ...systemClock,
  nowMs: () => systemClock.nowMs() + aheadMs,
  monotonicMs: () => systemClock.monotonicMs() + aheadMs,
}
const world = await createWorld()
await world.restart({ clock })
t.teardown(() => world.close())
const { userId } = await staff(world)
const password = 'a password of the tests'

interface Answer {
  type?: string
  csrfToken?: string
  secret?: string
  recoveryCodes?: string[]
  factors?: string[]
  items?: { id: string; isCurrent: boolean; client: string; factors: string[] }[]
}

/** One browser: it keeps cookies, and sends the token against forged requests along. */
class Browser {
  readonly #cookies = new Map<string, string>()
  #csrf = ''

  async call(method: string, path: string, json?: unknown) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await world.call(method, path, {
      headers: { 'x-csrf-token': this.#csrf, 'user-agent': 'a test', ...(cookie && { cookie }) },
      ...(json === undefined ? {} : { json }),
    })
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      this.#cookies.set(name, value)
    }
    const text = await response.text()
    const body = (text === '' ? {} : JSON.parse(text)) as Answer
    this.#csrf = body.csrfToken ?? this.#csrf
    const { type = '' } = body
    return { status: response.status, body, type: type.split(':').at(-1), response }
  }

  signIn(more: { password?: string; code?: string } = {}, user = 'lea') {
    return this.call('POST', '/sessions', { user, password, ...more })
  }

  forget(name: string) {
    this.#cookies.delete(name)
  }
}

/** What the journal says last of acts of this name. */
async function lastTrace(act: string) {
  const { rows } = await world.box.database.query<{ trace: string }>(
    `SELECT convert_from(bytes, 'UTF8') AS trace FROM journal.traces WHERE act = $1 ORDER BY seq DESC LIMIT 1`,
    [act],
  )
  return JSON.parse(rows[0]?.trace ?? '{}') as { outcome: string; data: Record<string, unknown> }
}

const codeOf = (secret: string, aheadSteps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: clock.nowMs() + aheadSteps * 30_000,
  })

const lea = new Browser()
let secret = ''
let recoveryCodes: string[] = []

await t.test('an authenticator app counts once a code of it was shown', async (t) => {
  t.equal((await lea.signIn()).status, 201)
  t.match(await lea.call('POST', '/second-factors/app', { password: 'not this one' }), {
    status: 403,
    type: 'wrong-password',
  })
  t.match(await lastTrace('authenticator-app-added'), { outcome: 'refused' })
  const begun = await lea.call('POST', '/second-factors/app', { password })
  t.match(begun, { status: 201, body: { uri: /^otpauth:\/\/totp\/test%20box:lea\?/ } })
  t.equal((await new Browser().signIn()).status, 201, 'not yet')
  secret = begun.body.secret ?? ''
  const { rows } = await world.box.database.query<{ secret_enclosed: Buffer }>(
    'SELECT secret_enclosed FROM vault.authenticator_apps',
  )
  t.notOk(rows[0]?.secret_enclosed.includes(Buffer.from(Secret.fromBase32(secret).bytes)))
  const wrong = await lea.call('POST', '/second-factors/app/confirmation', { code: '000000' })
  t.match(wrong, { status: 422, type: 'wrong-code' })
  const confirmed = await lea.call('POST', '/second-factors/app/confirmation', {
    code: codeOf(secret),
  })
  t.equal(confirmed.status, 201)
  recoveryCodes = confirmed.body.recoveryCodes ?? []
  t.equal(new Set(recoveryCodes).size, 10)
  t.match(await lastTrace('authenticator-app-added'), { outcome: 'done' })
  t.match((await lea.call('GET', '/second-factors')).body, { app: true, recoveryCodesLeft: 10 })
  const again = await lea.call('POST', '/second-factors/app', { password })
  t.match(again, { status: 409 }, 'a second one takes removing the first')
})

await t.test('the password alone opens nothing any more; each code opens once', async (t) => {
  const browser = new Browser()
  const alone = await browser.signIn()
  t.match(alone, { status: 401, type: 'second-factor-required' })
  t.match(alone.body, { methods: ['totp', 'recovery-code'] })
  t.match(await lastTrace('sign-in'), {
    outcome: 'refused',
    data: { reason: 'second-factor-required' },
  })
  t.equal((await browser.call('GET', '/sessions/current')).status, 401)
  aheadMs += 30_000
  const code = codeOf(secret)
  const both = await Promise.all([new Browser().signIn({ code }), new Browser().signIn({ code })])
  t.same(both.map(({ status }) => status).sort(), [201, 401], 'side by side as well')
  t.match(await new Browser().signIn({ code }), { status: 401, type: 'wrong-code' })
  aheadMs += 60_000
  t.match(await new Browser().signIn({ code: codeOf(secret, -3) }), { type: 'wrong-code' }, 'old')
  const [first = ''] = recoveryCodes
  const typed = first.toLowerCase().replaceAll('-', ' ')
  const opened = await new Browser().signIn({ code: typed })
  t.match(opened, { status: 201 })
  t.same(opened.body.factors, ['password', 'recovery-code'])
  t.match(await lastTrace('sign-in'), { data: { factors: ['password', 'recovery-code'] } })
  t.match(await new Browser().signIn({ code: first }), { status: 401, type: 'wrong-code' })
})

await t.test(
  'who guesses has to wait; who signed in with this browser before has not',
  async (t) => {
    aheadMs += 4_000_000
    const known = new Browser()
    t.equal((await known.signIn({ code: codeOf(secret) })).status, 201)
    const stranger = new Browser()
    let paused = await stranger.signIn({ password: 'wrong password 0' })
    for (let attempt = 1; paused.status === 401 && attempt < 8; attempt += 1)
      paused = await stranger.signIn({ password: `wrong password ${String(attempt)}` })
    t.match(paused, { status: 429, type: 'too-many-attempts' })
    t.match(paused.response.headers.get('retry-after'), /^[1-9]\d*$/)
    t.match(await lastTrace('sign-in'), { data: { reason: 'too-many-attempts' } })
    t.equal((await stranger.signIn()).status, 429, 'the right password has to wait as well')
    const next = { code: codeOf(secret, 1) }
    t.equal((await known.signIn(next)).status, 201, 'not slowed by others')
    const other = await new Browser().signIn({ password: 'wrong' }, 'nobody of this name')
    t.match(other, { status: 401, type: 'wrong-password' }, 'other names are not slowed either')
    aheadMs += 60_000
    t.match(await stranger.signIn(), { type: 'second-factor-required' }, 'after a while it may')
    known.forget('probant_session')
  },
)

await t.test('asking without a code gives no fresh attempts at codes', async (t) => {
  aheadMs += 4_000_000
  const thief = new Browser()
  const types: (string | undefined)[] = []
  for (let attempt = 0; attempt < 6; attempt += 1) {
    types.push((await thief.signIn()).type)
    types.push((await thief.signIn({ code: `00000${String(attempt)}` })).type)
  }
  t.ok(types.includes('too-many-attempts'), types.join(' '))
  aheadMs += 4_000_000
})

await t.test('sessions: listed, ended one by one or all others', async (t) => {
  const here = new Browser()
  await here.signIn({ code: codeOf(secret) })
  aheadMs += 30_000
  const there = new Browser()
  await there.signIn({ code: codeOf(secret) })
  const { items = [] } = (await here.call('GET', '/sessions')).body
  t.match(items[0], { client: 'a test', factors: ['password', 'totp'], isCurrent: false })
  t.equal(items.filter(({ isCurrent }) => isCurrent).length, 1)
  t.equal((await here.call('DELETE', `/sessions/${items[0]?.id ?? ''}`)).status, 204)
  t.equal((await there.call('GET', '/second-factors')).status, 401, 'ended at once')
  t.equal((await here.call('DELETE', `/sessions/${items[0]?.id ?? ''}`)).status, 404)
  t.equal((await here.call('DELETE', '/sessions/others')).status, 204)
  const left = await here.call('GET', '/sessions')
  t.match(left.body, { items: [{ isCurrent: true }] })
  t.match(await lastTrace('session-ended'), { outcome: 'done', data: { which: 'others' } })

  aheadMs += 30_000
  const other = new Browser()
  await other.signIn({ code: codeOf(secret) })
  const changed = { password, newPassword: 'another long password' }
  t.match(await here.call('PUT', '/password', { ...changed, newPassword: 'short' }), {
    status: 400,
  })
  t.equal((await here.call('PUT', '/password', changed)).status, 204)
  t.equal((await other.call('GET', '/second-factors')).status, 401, 'others are out')
  t.match(await new Browser().signIn(), { type: 'wrong-password' })
})

await t.test(
  'an administrator hands over a password in person; tokens change nothing',
  async (t) => {
    const { adminToken: token } = world.identity
    const reset = (by: string | undefined) =>
      world.call('POST', `/users/${userId}/sign-in-reset`, {
        ...(by === undefined ? {} : { token: by }),
        json: { newPassword: password },
      })
    t.equal((await reset(undefined)).status, 401)
    t.equal((await reset(token)).status, 204)
    t.match(await lastTrace('sign-in-reset'), { outcome: 'done' })
    const browser = new Browser()
    t.match(await browser.signIn(), { status: 201 })
    t.match((await browser.call('GET', '/second-factors')).body, {
      app: false,
      recoveryCodesLeft: 0,
    })
    const byToken = await world.call('POST', '/second-factors/app', { token, json: { password } })
    t.equal(byToken.status, 403)
    t.match(await byToken.json(), { type: /session-required$/ })
    const passkeys = await browser.call('POST', '/passkeys/challenges', { password })
    t.match(passkeys, { status: 409, type: 'passkeys-not-configured' })
  },
)

await t.test('where the box asks for a second factor nothing else opens before', async (t) => {
  const signIn = { secondFactor: 'all' as const, passkeyHost: null, origins: [] }
  await world.restart({ clock, settings: { ...world.settings, signIn } })
  const browser = new Browser()
  t.equal((await browser.signIn()).status, 201)
  t.match(await browser.call('GET', '/vaults'), { status: 403, type: 'second-factor-missing' })
  t.match(await lastTrace('access'), { data: { reason: 'second-factor-missing' } })
  t.match((await browser.call('GET', '/second-factors')).body, { missing: true })
  const begun = await browser.call('POST', '/second-factors/app', { password })
  const code = codeOf(begun.body.secret ?? '')
  t.equal((await browser.call('POST', '/second-factors/app/confirmation', { code })).status, 201)
  t.equal((await browser.call('GET', '/vaults')).status, 200, 'in the same session')
})
