import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openProvider } from '@probant/keys'
import { rejectsWith } from '../contract.ts'
import { noObservedToken, ObservedToken } from './observed.ts'
import { SoftHsm } from './softhsm.ts'

const skip = noObservedToken

/** A token whose slot calls itself hardware, so that nothing but its keys can be complained of, and one good key in it. */
async function hardware(t: Test) {
  const hsm = await SoftHsm.create(join(t.testdir(), 'hsm'))
  const { settings } = await ObservedToken.of(hsm)
  const provider = await openProvider({ ...settings, provisionedBox: true })
  const ref = await provider.generate('journal', 'ec-p256')
  t.equal(provider.warning, undefined)
  t.equal(provider.capabilities.signingKeysStayInside, true)
  return { hsm, settings, provider, ref, onBox: { ...settings, provisionedBox: true } }
}

await t.test('keys made inside are accepted on a box', { skip }, async (t) => {
  const { provider, onBox } = await hardware(t)
  await provider.generate('vaults', 'wrapping-aes-256')
  await provider.generate('seal', 'rsa-3072')
  await provider.close()
  const again = await openProvider(onBox)
  t.equal(again.warning, undefined)
  for (const label of ['journal', 'vaults', 'seal']) t.ok(await again.find(label), label)
  await again.close()
})

async function importPair(hsm: SoftHsm, label: string, ...options: string[]): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const file = join(hsm.folder, 'key.der')
  await writeFile(file, privateKey.export({ type: 'sec1', format: 'der' }), { mode: 0o600 })
  const object = ['--write-object', file, '--type', 'privkey', '--usage-sign']
  await hsm.tool(...object, '--label', label, ...options)
}

const pair = ['--keypairgen', '--key-type', 'EC:prime256v1']
const faulty = {
  'extractable, though made inside': {
    make: (hsm: SoftHsm) => hsm.tool(...pair, '--label', 'lat', '--extractable'),
    says: /may have the key lat: it is CKA_EXTRACTABLE; it was extractable once \(no CKA_NEVER_EXTRACTABLE\)\.$/,
  },
  'not sensitive': {
    make: async (hsm: SoftHsm) => {
      const file = join(hsm.folder, 'key')
      await writeFile(file, randomBytes(32), { mode: 0o600 })
      const object = ['--write-object', file, '--type', 'secrkey', '--key-type', 'AES:32']
      await hsm.tool(...object, '--label', 'lat', '--extractable')
    },
    says: /may have the key lat: it is not CKA_SENSITIVE; it is CKA_EXTRACTABLE; it was not always sensitive/,
  },
  'made elsewhere, safe since': {
    make: (hsm: SoftHsm) => importPair(hsm, 'lat', '--sensitive'),
    says: /may have the key lat: it was not always sensitive \(no CKA_ALWAYS_SENSITIVE\); it was extractable once \(no CKA_NEVER_EXTRACTABLE\); it was not generated in the token \(no CKA_LOCAL\)\.$/,
  },
}
for (const [what, { make, says }] of Object.entries(faulty))
  await t.test(`a key that is ${what}: a warning, refused on a box`, { skip }, async (t) => {
    const { hsm, settings, provider, onBox } = await hardware(t)
    await make(hsm)
    await rejectsWith(t, 'refused', provider.find('lat'))
    await provider.close()
    const elsewhere = await openProvider(settings)
    t.match(elsewhere.warning, says, 'at the start, before anybody asks for the key')
    t.notMatch(elsewhere.warning, /hardware|journal/, 'and nothing else is complained of')
    t.equal(elsewhere.capabilities.signingKeysStayInside, false)
    await elsewhere.close()
    await t.rejects(openProvider(onBox), { code: 'refused', message: says })
  })

await t.test('a key exchanged between two starts is refused', { skip }, async (t) => {
  const { hsm, settings, provider, ref, onBox } = await hardware(t)
  await hsm.tool('--delete-object', '--type', 'privkey', '--label', 'journal')
  await importPair(hsm, 'journal', '--sensitive')
  await provider.close()
  await rejectsWith(t, 'refused', openProvider(onBox))
  const elsewhere = await openProvider(settings)
  await elsewhere.sign(ref, Buffer.from('message'))
  t.match(elsewhere.warning, /key journal: .*no CKA_LOCAL/)
  await elsewhere.close()
})
