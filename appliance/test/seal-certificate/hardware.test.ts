import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { noSoftHsm, SoftHsm } from '../../../packages/keys/test/pkcs11/softhsm.ts'
import { missingTpmSoftware, SoftwareTpm } from '../../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { openssl } from './certification-authority.ts'
import {
  anchors,
  authorityIn,
  box,
  bring,
  bundle,
  DAY_MS,
  deposit,
  request,
  skip,
  start,
  verify,
} from './setting.ts'

// The box's usual seal key, P-256, where no file holds it: in a token, and in a TPM.

const folder = t.testdir()
const authority = authorityIn(join(folder, 'ca'), 'Hardware')

const places = [
  {
    name: 'token',
    skip: noSoftHsm,
    keys: async () => (await SoftHsm.create(join(folder, 'hsm'))).settings,
  },
  {
    name: 'tpm',
    skip: missingTpmSoftware() ?? false,
    keys: async () => {
      const tpm = new SoftwareTpm(join(folder, 'swtpm'))
      await tpm.start()
      t.teardown(() => tpm.stop())
      return { provider: 'tpm2', folder: join(folder, 'tpm-keys'), tcti: tpm.tcti }
    },
  },
]

for (const { name, skip: lacking, keys } of places)
  await t.test(`a seal key in a ${name}`, { skip: skip === false ? lacking : skip }, async (t) => {
    if (authority === undefined) return
    const setting = await box(t, { keys: await keys() })
    const here = join(folder, name)
    mkdirSync(here)
    const file = (title: string, content: string | Uint8Array) => {
      writeFileSync(join(here, title), content)
      return join(here, title)
    }
    const csr = await request(setting)
    const asked = openssl('req', '-in', file('seal.csr', csr), '-verify', '-noout')
    t.match(asked.text, /verify OK/)
    const times = { startMs: start - DAY_MS, endMs: start + 365 * DAY_MS }
    const chain = authority.issue(csr, times) + authority.issuingPem
    const imported = await bring(setting, chain, authority.rootPem)
    t.match(imported, { status: 201, body: { key: 'seal', state: 'in-force' } })
    const root = file('root.pem', authority.rootPem)

    const sealsWell = async () => {
      const sealed = await deposit(setting)
      t.match(sealed, { status: 201, body: { seal: { subject: /CN=Cachet de la mairie/ } } })
      const entries = await bundle(setting, sealed.body['id'])
      const report = await verify(entries, anchors(setting, authority.rootPem))
      t.same(report.verdict, { status: 'valid' })
      t.match(report.facts?.seals, [{ status: 'valid', subject: /Cachet de la mairie/ }])
      const of = (entry: string) =>
        Buffer.from(entries.find((each) => each.name === entry)?.bytes ?? [])
      const cms = (content: Uint8Array) =>
        openssl(
          ...['cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-CAfile', root],
          ...['-in', file('seal.der', of('blocks/seal-signature'))],
          ...['-content', file('content', content), '-out', join(here, 'out')],
          ...['-attime', String(Math.floor(start / 1000))],
        )
      const whole = cms(of('signed-bytes.bin'))
      t.ok(whole.ok, whole.text)
      const flipped = of('signed-bytes.bin')
      flipped.writeUInt8(flipped.readUInt8(7) ^ 1, 7)
      t.notOk(cms(flipped).ok, 'one bit')
    }
    await sealsWell()
    await setting.world.restart({ clock: setting.clock })
    await sealsWell()
  })
