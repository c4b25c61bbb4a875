import { join } from 'node:path'
import t from 'tap'
import { noSoftHsm, SoftHsm } from '../../../packages/keys/test/pkcs11/softhsm.ts'
import { openssl, RSA_4096 } from './certification-authority.ts'
import { filesIn, sealedDeposit } from './sealed-deposit.ts'
import {
  acts,
  ask,
  authorityIn,
  box,
  certified,
  deposit,
  request,
  skip,
  subject,
  YEAR,
} from './setting.ts'

// A certification authority that issues seal certificates on RSA keys alone; keys in files, and in a token.

const folder = t.testdir()
const authority = authorityIn(join(folder, 'ca'), 'RSA', RSA_4096)

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
    const file = filesIn(here)
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

    t.match(await certified(setting, authority, YEAR, await request(setting, 'rsa-3072')), {
      status: 201,
      body: { key: 'seal-2', state: 'in-force' },
    })
    await sealedDeposit(t, setting, authority, here)

    await setting.world.restart({ clock: setting.clock })
    t.match(await deposit(setting), { status: 201, body: { seal: { subject: /mairie/ } } })
    t.match(
      await certified(setting, authority, YEAR, early),
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
