import { join } from 'node:path'
import t from 'tap'
import { noSoftHsm, SoftHsm } from '../../../packages/keys/test/pkcs11/softhsm.ts'
import { missingTpmSoftware, SoftwareTpm } from '../../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { openssl } from './certification-authority.ts'
import { filesIn, sealedDeposit } from './sealed-deposit.ts'
import { authorityIn, box, certified, request, skip, YEAR } from './setting.ts'

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
    const csr = await request(setting)
    const asked = openssl('req', '-in', filesIn(here)('seal.csr', csr), '-verify', '-noout')
    t.match(asked.text, /verify OK/)
    const imported = await certified(setting, authority, YEAR, csr)
    t.match(imported, { status: 201, body: { key: 'seal', state: 'in-force' } })
    await sealedDeposit(t, setting, authority, here)
    await setting.world.restart({ clock: setting.clock })
    await sealedDeposit(t, setting, authority, here)
  })
