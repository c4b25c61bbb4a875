import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { noSoftHsm, SoftHsm } from '../../../packages/keys/test/pkcs11/softhsm.ts'
import { openssl, RSA_4096 } from './certification-authority.ts'
import {
  acts,
  anchors,
  ask,
  authorityIn,
  box,
  bring,
  bundle,
  DAY_MS,
  deposit,
  request,
  skip,
  start,
  subject,
  verify,
} from './setting.ts'

// A certification authority that issues seal certificates on RSA keys alone; keys in files, and in a token.

const folder = t.testdir()
const authority = authorityIn(join(folder, 'ca'), 'RSA', RSA_4096)
const times = { startMs: start - DAY_MS, endMs: start + 365 * DAY_MS }

const places = [
  { name: 'files', skip, keys: () => Promise.resolve({}) },
  {
    name: 'a token',
    skip: skip === false ? noSoftHsm : skip,
    keys: async () => ({ keys: (await SoftHsm.create(join(folder, 'hsm'))).settings }),
  },
]

for (const { name, skip, keys } of places)
  await t.test(`an RSA key in ${name}: request, import, seal, openssl`, { skip }, async (t) => {
    if (authority === undefined) return
    const setting = await box(t, await keys())
    const here = join(folder, name)
    mkdirSync(here)
    const file = (title: string, content: string | Uint8Array) => {
      writeFileSync(join(here, title), content)
      return join(here, title)
    }
    const early = await request(setting)
    const csr = file('seal.csr', await request(setting, 'rsa-3072'))
    const shown = openssl('req', '-in', csr, '-verify', '-noout', '-text')
    t.match(shown.text, /verify OK/)
    t.match(shown.text, /Public-Key: \(3072 bit\)/)
    t.match(shown.text, /Signature Algorithm: sha256WithRSAEncryption/)
    t.equal(
      openssl('req', '-in', csr, '-noout', '-pubkey').text,
      openssl(
        ...['req', '-noout', '-pubkey', '-in'],
        file('again.csr', await request(setting, 'rsa-3072')),
      ).text,
      'the same key until it has its certificate',
    )
    t.match((await ask(setting, 'GET', '/seal-certificates')).body, {
      items: [{ key: 'seal' }, { key: 'seal-2' }],
    })

    const certificate = authority.issue(await request(setting, 'rsa-3072'), times)
    const chain = certificate + authority.issuingPem
    t.match(await bring(setting, chain, authority.rootPem), {
      status: 201,
      body: { key: 'seal-2', state: 'in-force' },
    })
    const sealed = await deposit(setting)
    t.match(sealed, { status: 201, body: { seal: { subject: /CN=Cachet de la mairie/ } } })
    const entries = await bundle(setting, sealed.body['id'])
    const report = await verify(entries, anchors(setting, authority.rootPem))
    t.same(report.verdict, { status: 'valid' })
    t.match(report.facts?.seals, [{ status: 'valid', subject: /Cachet de la mairie/ }])

    const of = (entry: string) => entries.find((each) => each.name === entry)?.bytes ?? Buffer.of()
    const root = file('root.pem', authority.rootPem)
    const cms = (content: Uint8Array) =>
      openssl(
        ...['cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-CAfile', root],
        ...['-in', file('seal.der', of('blocks/seal-signature'))],
        ...['-content', file('content', content), '-out', join(here, 'out')],
        ...['-attime', String(Math.floor(start / 1000))],
      )
    t.ok(cms(of('signed-bytes.bin')).ok, cms(of('signed-bytes.bin')).text)
    const flipped = Buffer.from(of('signed-bytes.bin'))
    flipped.writeUInt8(flipped.readUInt8(7) ^ 1, 7)
    t.notOk(cms(flipped).ok, 'one bit')

    await setting.world.restart({ clock: setting.clock })
    t.match(await deposit(setting), { status: 201, body: { seal: { subject: /mairie/ } } })
    const taken = authority.issue(early, times) + authority.issuingPem
    t.match(
      await bring(setting, taken, authority.rootPem),
      { status: 201, body: { key: 'seal' } },
      'the key that was requested first can still have one',
    )
    t.equal((await acts(setting)).filter((each) => each === 'imported done').length, 2)
  })

await t.test('a type of key that the provider does not make', { skip }, async (t) => {
  const setting = await box(t)
  const ask4096 = { subject, keyType: 'rsa-4096' }
  t.equal((await ask(setting, 'POST', '/seal-certificates/requests', ask4096)).status, 400)
  const { keys } = setting.world.box
  const few = { ...keys.capabilities, kinds: ['ec-p256'] as const }
  Object.defineProperty(keys, 'capabilities', { value: few })
  const asked = { subject, keyType: 'rsa-3072' }
  t.match(await ask(setting, 'POST', '/seal-certificates/requests', asked), {
    status: 422,
    body: { detail: /makes no keys of type rsa-3072/ },
  })
  t.same(await acts(setting), [])
})
