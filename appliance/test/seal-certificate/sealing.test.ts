import { join } from 'node:path'
import t from 'tap'
import { openProvider, type KeyProvider } from '@probant/keys'
import {
  acts,
  actsOnce,
  anchors,
  ask,
  authorityIn,
  box,
  bundle,
  certified,
  DAY_MS,
  deposit,
  skip,
  start,
  verify,
} from './setting.ts'

// What a certificate seals while it is in force, and what happens at its end; the clock is driven.

const authority = authorityIn(join(t.testdir(), 'ca'), 'Test')

await t.test('renewal without a gap, reminders, expiry', { skip }, async (t) => {
  if (authority === undefined) return
  const setting = await box(t)
  const { clock, world } = setting
  const first = { startMs: start - DAY_MS, endMs: start + 100 * DAY_MS }
  t.equal((await certified(setting, authority, first)).status, 201)
  const old = await deposit(setting)
  const standing = async () => (await ask(setting, 'GET', '/seal-certificates')).body
  const to = async (days: number) => {
    // What was woken before has gone back to sleep.
    await new Promise((resolve) => setTimeout(resolve, 100))
    clock.set(start + days * DAY_MS)
    clock.advance(60_000)
  }
  await to(5)
  t.same(
    await actsOnce(setting, 2),
    ['requested done', 'imported done'],
    'nothing to remind of yet',
  )
  await to(11)
  t.same((await actsOnce(setting, 3)).slice(2), ['expiring done 90'])
  await to(12)
  await to(71)
  t.same(
    (await actsOnce(setting, 4)).slice(2),
    ['expiring done 90', 'expiring done 30'],
    'once each',
  )
  await to(80)

  const second = { startMs: start + 90 * DAY_MS, endMs: start + 300 * DAY_MS }
  t.match(await certified(setting, authority, second), {
    status: 201,
    body: { key: 'seal-2', state: 'prepared' },
  })
  t.match(await standing(), {
    inForce: 'seal',
    items: [{ state: 'in-force' }, { state: 'prepared' }],
  })
  await to(94)
  t.match(await standing(), {
    inForce: 'seal-2',
    items: [{ state: 'in-reserve' }, { state: 'in-force' }],
  })
  const renewed = await deposit(setting)
  await to(101)
  t.match(await standing(), {
    inForce: 'seal-2',
    items: [{ state: 'expired' }, { state: 'in-force' }],
  })
  const later = await deposit(setting)
  const trusted = anchors(setting, authority.rootPem)
  for (const { body } of [old, renewed, later]) {
    const report = await verify(await bundle(setting, body['id']), trusted)
    t.same(report.verdict, { status: 'valid' })
    t.equal(report.facts?.seals.length, 1)
  }
  t.same(
    (await actsOnce(setting, 6)).slice(4),
    ['requested done', 'imported done'],
    'no 7 days: renewed',
  )
  await world.restart({ clock })
  await to(294)
  t.same((await actsOnce(setting, 7)).at(-1), 'expiring done 7', 'the fewest days alone')
  await to(301)
  t.same((await actsOnce(setting, 8)).at(-1), 'expired done')
  t.match(await standing(), { inForce: null, items: [{ state: 'expired' }, { state: 'expired' }] })
  t.match(
    await deposit(setting),
    { status: 201, body: { seal: null } },
    'the default: deposits go on',
  )
  const metrics = await world.box.metrics.metrics()
  t.match(metrics, /probant_seal_certificate_in_force\{.*\} 0/)
  t.same(
    (await verify(await bundle(setting, old.body['id']), trusted)).verdict,
    { status: 'valid' },
    'old evidence',
  )
  await world.restart({ clock })
  await to(302)
  t.same((await actsOnce(setting, 9)).length, 8, 'told once, over a restart too')
})

await t.test('a box that requires a seal refuses deposits without one', { skip }, async (t) => {
  if (authority === undefined) return
  const setting = await box(t, { seal: { required: true, policies: [] } })
  t.match(await deposit(setting), { status: 503, body: { type: /seal-missing/ } })
  const times = { startMs: start - DAY_MS, endMs: start + DAY_MS }
  t.equal((await certified(setting, authority, times)).status, 201)
  t.equal((await deposit(setting)).status, 201)
  setting.clock.set(start + 2 * DAY_MS)
  t.match(await deposit(setting), { status: 503, body: { type: /seal-missing/ } })
  setting.clock.set(start)
  t.equal((await deposit(setting)).status, 201)
  const withdrawal = () =>
    ask(setting, 'POST', '/seal-certificates/seal/withdrawal', { reason: 'revoked' })
  t.equal((await withdrawal()).status, 204)
  t.equal((await withdrawal()).status, 404, 'once')
  t.match(await deposit(setting), { status: 503, body: { type: /seal-missing/ } })
  t.match((await acts(setting)).at(-1), 'withdrawn done')
})

await t.test('one seal a batch; a key that fails keeps nothing', { skip }, async (t) => {
  if (authority === undefined) return
  const setting = await box(t)
  t.equal((await certified(setting, authority)).status, 201)
  const { provider, counts, fault } = watched(await openProvider(setting.world.settings.keys))
  await setting.world.restart({ clock: setting.clock, keys: provider })
  counts.clear()
  const found = await Promise.all(
    Array.from({ length: 24 }, (_, at) => deposit(setting, `acte ${at}`)),
  )
  t.ok(found.every(({ status, body }) => status === 201 && body['seal'] !== null))
  t.equal(counts.get('seal'), counts.get('lat'), 'as many as the box signed itself')
  t.ok((counts.get('seal') ?? 24) < 24, `${counts.get('seal') ?? 0} seals for 24 deposits`)
  fault.what = 'fails'
  t.match(await deposit(setting), { status: 503, body: { type: /signer-failed/ } })
  fault.what = 'lies'
  t.match(await deposit(setting), { status: 503, body: { type: /signer-failed/ } })
  fault.what = undefined
  t.match(await deposit(setting), { status: 201 })
})

/** The provider, its signatures counted by key, and a key for seals that can be made to fail. */
function watched(provider: KeyProvider) {
  const counts = new Map<string, number>()
  const fault: { what: 'fails' | 'lies' | undefined } = { what: undefined }
  const watching: KeyProvider = {
    name: provider.name,
    capabilities: provider.capabilities,
    generate: (label, kind) => provider.generate(label, kind),
    find: (label) => provider.find(label),
    publicKey: (ref) => provider.publicKey(ref),
    sign: async (ref, message) => {
      counts.set(ref.label, (counts.get(ref.label) ?? 0) + 1)
      if (ref.label !== 'seal' || fault.what === undefined) return provider.sign(ref, message)
      if (fault.what === 'fails') throw new Error('the device does not answer')
      return provider.sign(ref, Buffer.from('something else'))
    },
    enclose: (ref, plaintext, data) => provider.enclose(ref, plaintext, data),
    open: (ref, enclosed, data) => provider.open(ref, enclosed, data),
    random: (n) => provider.random(n),
    attest: (ref) => provider.attest(ref),
    destroy: (ref) => provider.destroy(ref),
    place: provider.place,
    close: () => provider.close(),
  }
  return { provider: watching, counts, fault }
}
