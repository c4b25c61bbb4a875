import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openProvider } from '@probant/keys'
import { missingTpmSoftware, SoftwareTpm } from '../../../tpm2-tss-bindings/test/swtpm.ts'
import { providerContract } from '../contract.ts'
import { providePolicy, stateOf } from './policy.ts'

const missing = missingTpmSoftware()
const skip = missing === undefined ? {} : { skip: missing }
const base = t.testdir()

await t.test('the tpm2 provider keeps the contract', skip, async (t) => {
  const software = new SoftwareTpm(join(base, 'tpm'))
  await software.start()
  t.teardown(() => software.stop())
  let stores = 0
  const open = (folder: string) => openProvider({ provider: 'tpm2', folder, tcti: software.tcti })
  const folder = () => join(base, `store-${stores}`)
  const next = () => join(base, `store-${++stores}`)
  await providerContract(t, {
    name: 'tpm2',
    open: () => open(next()),
    reopen: () => open(folder()),
  })
  await providerContract(t, {
    name: 'tpm2 under a policy',
    open: async () => {
      const policy = await providePolicy(next())
      await policy.approve(await stateOf(software), 1n, 'now')
      return open(folder())
    },
    reopen: () => open(folder()),
  })
  for (const name of await readdir(folder())) {
    const { mode } = await stat(join(folder(), name))
    t.equal(mode & 0o077, 0, `${name} is its owner's alone`)
  }
  t.equal(await software.tool('tpm2_getcap', 'handles-transient'), '', 'nothing stays loaded')
  t.equal(await software.tool('tpm2_getcap', 'handles-loaded-session'), '')
})

await t.test('what it says of itself', skip, async (t) => {
  const software = new SoftwareTpm(join(base, 'described'))
  await software.start()
  t.teardown(() => software.stop())
  const folder = join(base, 'keys')
  const provider = await openProvider({ provider: 'tpm2', folder, tcti: software.tcti })
  t.match(provider.capabilities, {
    signingKeysStayInside: true,
    opensWrappingKeys: true,
    attests: true,
  })
  t.equal(provider.place, `the TPM at ${software.tcti}`)
  t.match(provider.warning, /is a program.*whatever software this machine boots/)
  await provider.generate('journal', 'ec-p256')
  const file: unknown = JSON.parse(await readFile(join(folder, 'journal.key.json'), 'utf8'))
  t.match(file, { format: 1, algorithm: 'ECDSA P-256 with SHA-256', encoding: 'tpm2' })
  await provider.close()
  const onBox = { provider: 'tpm2', folder, tcti: software.tcti, provisionedBox: true }
  await t.rejects(openProvider(onBox), { code: 'refused' })
  await t.rejects(openProvider({ provider: 'tpm2', folder }), { code: 'not-available' })
})
