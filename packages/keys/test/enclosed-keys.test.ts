import { createDecipheriv, createSecretKey, hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { systemRandomness } from '@probant/host'
import {
  enclosedDataKey,
  encloseEpochKey,
  blindIndexEntry,
  blindIndexKey,
  openEpochKey,
  openSealedVaultKey,
  sealVaultKey,
  openDataKey,
  openProvider,
} from '@probant/keys'
import { delayedProvider } from '@probant/keys/testing'
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

await t.test('an epoch key opens for its own box and epoch, and under its root only', async (t) => {
  const provider = await openProvider({ provider: 'software', folder: join(t.testdir(), 'keys') })
  const root = await provider.generate('root', 'wrapping-aes-256')
  const other = await provider.generate('other', 'wrapping-aes-256')
  const epoch = { boxId: place.boxId, epoch: 3 }
  const key = systemRandomness.bytes(32)
  const enclosed = await encloseEpochKey(provider, root, key, epoch)
  t.ok(Buffer.from(key).equals(await openEpochKey(provider, root, enclosed, epoch)))
  const refused = [
    openEpochKey(provider, other, enclosed, epoch),
    openEpochKey(provider, root, enclosed, { ...epoch, epoch: 4 }),
    openEpochKey(provider, root, enclosed, { ...epoch, boxId: 'box-2' }),
  ]
  for (const outcome of refused) await rejectsWith(t, 'altered', outcome)
  const lying = {
    ...delayedProvider(provider, { signMs: 0 }),
    enclose: (...[ref, , data]: Parameters<typeof provider.enclose>) =>
      provider.enclose(ref, systemRandomness.bytes(32), data),
  }
  await rejectsWith(t, 'altered', encloseEpochKey(lying, root, key, epoch))
  await provider.close()
})

await t.test('a vault key opens for its own vault, generation and epoch only', (t) => {
  const epochKey = Buffer.alloc(32, 8)
  const home = { boxId: place.boxId, vault: place.vault, generation: 2, epoch: 3 }
  const key = systemRandomness.bytes(32)
  const sealed = sealVaultKey(epochKey, key, home, systemRandomness)
  t.ok(Buffer.from(key).equals(openSealedVaultKey(epochKey, sealed, home)))
  const altered = { code: 'altered' }
  for (const wrong of [{ generation: 3 }, { epoch: 2 }, { vault: place.object }, { boxId: 'b' }])
    t.throws(() => openSealedVaultKey(epochKey, sealed, { ...home, ...wrong }), altered)
  t.throws(() => openSealedVaultKey(Buffer.alloc(32, 9), sealed, home), altered)
  t.throws(() => sealVaultKey(epochKey, key.subarray(1), home, systemRandomness), {
    code: 'wrong-size',
  })
  t.end()
})

await t.test('entries of the blind index are those of the page of formats', async (t) => {
  const formats = await readFile(new URL('../../../docs/formats.md', import.meta.url), 'utf8')
  const example = (name: string) => {
    const [, text = ''] =
      new RegExp(`example=${name}.*\\n([\\s\\S]*?)\\n\`\`\``).exec(formats) ?? []
    return text.replaceAll('\n', '')
  }
  const indexKey = blindIndexKey(createSecretKey(Buffer.from(example('vault-key'), 'hex')))
  const entry = blindIndexEntry(indexKey, 'word', 'été')
  t.equal(Buffer.from(entry).toString('hex'), example('index-entry'))
  t.notOk(Buffer.from(entry).equals(blindIndexEntry(indexKey, 'stem', 'été')), 'its kind counts')
  const wrongSize = { code: 'wrong-size' }
  for (const term of ['', 'x'.repeat(1025), 'été'.normalize('NFD')])
    t.throws(() => blindIndexEntry(indexKey, 'word', term), wrongSize)
  t.end()
})
