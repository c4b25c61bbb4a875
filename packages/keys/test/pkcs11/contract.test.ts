import { join } from 'node:path'
import t from 'tap'
import { openProvider } from '@probant/keys'
import { enclosings } from '../../src/pkcs11/settings.ts'
import { openPkcs11Provider } from '../../src/pkcs11/provider.ts'
import { providerContract } from '../contract.ts'
import { noSoftHsm, SoftHsm } from './softhsm.ts'

for (const enclosing of [undefined, ...enclosings] as const)
  await t.test(
    `the PKCS#11 provider keeps the contract, enclosing by ${enclosing ?? 'what is offered first'}`,
    { skip: noSoftHsm },
    async (t) => {
      const base = t.testdir()
      let stores = 0
      let hsm: SoftHsm
      const open = () =>
        enclosing === undefined
          ? openProvider(hsm.settings)
          : openPkcs11Provider({ ...hsm.settings, enclosing })
      await providerContract(t, {
        name: 'pkcs11',
        open: async () => {
          hsm = await SoftHsm.create(join(base, `hsm-${++stores}`))
          return open()
        },
        reopen: open,
      })
    },
  )
