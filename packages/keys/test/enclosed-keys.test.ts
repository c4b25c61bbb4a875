import { createDecipheriv, hash } from 'node:crypto'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { systemRandomness } from '@probant/host'
import {
  enclosedDataKey,
  newVaultKey,
  openDataKey,
  openProvider,
  openVaultKey,
} from '@probant/keys'
import { rejectsWith } from './contract.ts'

const vaultKey = Buffer.alloc(32, 3)
const dataKey = Buffer.alloc(32, 4)
const place = {
  boxId: 'box-1',
  vault: '6f1c0f6e-9a58-4b21-8f59-5b7a9f3a9a01',
  object: '0d0f7e5c-1f0e-4d3c-9a10-9f4f5a6b7c8d',
}
const enclose = () => enclosedDataKey(vaultKey, dataKey, place, systemRandomness)

await t.test('a data key opens for its own place only', (t) => {
  const enclosed = enclose()
  t.ok(dataKey.equals(openDataKey(vaultKey, enclosed, place)))
  t.notOk(Buffer.from(enclosed).equals(enclose()), 'nonces are fresh')
  const altered = { code: 'altered' }
  for (const other of [{ boxId: 'box-2' }, { vault: place.object }, { object: place.vault }]) {
    t.throws(() => openDataKey(vaultKey, enclosed, { ...place, ...other }), altered)
  }
  const shifted = { ...place, boxId: 'box-', vault: `1${place.vault}` }
  t.throws(() => openDataKey(vaultKey, enclosed, shifted), altered, 'lengths count')
  t.throws(() => openDataKey(Buffer.alloc(32, 5), enclosed, place), altered)
  fc.assert(
    fc.property(fc.nat(enclosed.length * 8 - 1), (bit) => {
      const changed = Uint8Array.from(enclosed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      t.throws(() => openDataKey(vaultKey, changed, place), altered)
    }),
  )
  for (let size = 0; size < enclosed.length; size++) {
    t.throws(() => openDataKey(vaultKey, enclosed.subarray(0, size), place), altered)
  }
  const wrongSize = { code: 'wrong-size' }
  t.throws(
    () => enclosedDataKey(vaultKey, vaultKey.subarray(1), place, systemRandomness),
    wrongSize,
  )
  t.throws(() => enclosedDataKey(vaultKey.subarray(1), dataKey, place, systemRandomness), wrongSize)
  t.end()
})

await t.test('the enclosed bytes are those of the page of formats', (t) => {
  const enclosed = Buffer.from(enclose())
  t.equal(enclosed.length, 1 + 12 + 64 + 16)
  t.equal(enclosed[0], 1)
  const decipher = createDecipheriv('aes-256-gcm', vaultKey, enclosed.subarray(1, 13))
  decipher.setAAD(Buffer.from('probant/data-key/v1'))
  decipher.setAuthTag(enclosed.subarray(-16))
  const opened = Buffer.concat([decipher.update(enclosed.subarray(13, -16)), decipher.final()])
  t.ok(opened.subarray(0, 32).equals(dataKey))
  const fields = ['probant/data-key/v1', place.boxId, place.vault, place.object]
  const prefixed = [...fields, 'aes-256-gcm-stream'].map((field) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(field.length)
    return Buffer.concat([length, Buffer.from(field)])
  })
  t.ok(opened.subarray(32).equals(hash('sha256', Buffer.concat(prefixed), 'buffer')))
  t.end()
})

await t.test('a vault key opens for its own vault only', async (t) => {
  const provider = await openProvider({ provider: 'software', folder: join(t.testdir(), 'keys') })
  const root = await provider.generate('root', 'wrapping-aes-256')
  const vault = { boxId: place.boxId, vault: place.vault }
  const { key, enclosed } = await newVaultKey(provider, root, vault)
  t.equal(key.length, 32)
  t.notOk(Buffer.from(key).equals((await newVaultKey(provider, root, vault)).key))
  t.ok(Buffer.from(key).equals(await openVaultKey(provider, root, enclosed, vault)))
  const other = { ...vault, vault: place.object }
  await rejectsWith(t, 'altered', openVaultKey(provider, root, enclosed, other))
  const otherBox = { ...vault, boxId: 'box-2' }
  await rejectsWith(t, 'altered', openVaultKey(provider, root, enclosed, otherBox))
  await provider.close()
})
