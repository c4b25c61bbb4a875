import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ManualClock } from '@probant/host'
import { KeyError, nodeCrypto, openProvider } from '@probant/keys'
import { delayedProvider } from '@probant/keys/testing'
import { providerContract, rejectsWith } from './contract.ts'

const message = Buffer.from('message')

await t.test('the software provider keeps the contract', async (t) => {
  const base = t.testdir()
  let stores = 0
  const open = (folder: string) => openProvider({ provider: 'software', folder })
  await providerContract(t, {
    name: 'software',
    open: () => open(join(base, `store-${++stores}`)),
    reopen: () => open(join(base, `store-${stores}`)),
  })
})

await t.test('software keys are files of their owner', async (t) => {
  const folder = join(t.testdir(), 'keys')
  const provider = await openProvider({ provider: 'software', folder })
  t.match(provider.warning, /^Keys are kept in plain files/)
  t.equal((await stat(folder)).mode & 0o777, 0o700)
  await provider.generate('journal', 'ec-p256')
  t.strictSame(await readdir(folder), ['journal.key.json'], 'no staging file is left')
  const path = join(folder, 'journal.key.json')
  t.equal((await stat(path)).mode & 0o777, 0o600)
  const file: unknown = JSON.parse(await readFile(path, 'utf8'))
  t.match(file, {
    format: 1,
    label: 'journal',
    algorithm: 'ECDSA P-256 with SHA-256',
    encoding: 'pkcs8',
  })
  await chmod(path, 0o640)
  const reopened = await openProvider({ provider: 'software', folder })
  await rejectsWith(t, 'unsafe-permissions', reopened.find('journal'))
  await chmod(folder, 0o750)
  await rejectsWith(t, 'unsafe-permissions', openProvider({ provider: 'software', folder }))
})

await t.test('a damaged or foreign key file is refused', async (t) => {
  const folder = join(t.testdir(), 'keys')
  const provider = await openProvider({ provider: 'software', folder })
  await provider.generate('ed', 'ed25519')
  await provider.generate('root', 'wrapping-aes-256')
  const ed = await readFile(join(folder, 'ed.key.json'), 'utf8')
  const root = await readFile(join(folder, 'root.key.json'), 'utf8')
  const damaged = {
    cut: ed.slice(0, 40),
    renamed: ed,
    'other-kind': ed.replace('"ed"', '"other-kind"').replace('Ed25519', 'ML-DSA-44'),
    'other-type': ed
      .replace('"ed"', '"other-type"')
      .replace('"ed25519"', '"ml-dsa-44"')
      .replace('Ed25519', 'ML-DSA-44'),
    'later-format': ed.replace('"ed"', '"later-format"').replace('1,', '2,'),
    'short-root': root.replace('"root"', '"short-root"').replace(/"key": "..../, '"key": "'),
  }
  for (const [label, content] of Object.entries(damaged)) {
    await writeFile(join(folder, `${label}.key.json`), content, { mode: 0o600 })
    await rejectsWith(t, 'unreadable-key', provider.find(label))
  }
})

await t.test('nothing falls back', async (t) => {
  const folder = join(t.testdir(), 'keys')
  const software = { provider: 'software', folder, provisionedBox: true }
  await rejectsWith(t, 'refused', openProvider(software))
  await rejectsWith(t, 'not-available', openProvider({ provider: 'software' }))
  for (const provider of ['pkcs11', 'tpm2', 'cloud']) {
    const error: unknown = await openProvider({ provider, folder }).catch((e: unknown) => e)
    t.ok(error instanceof KeyError && error.code === 'not-available')
    t.match(error instanceof Error ? error.message : '', `"${provider}"`, 'the error names it')
  }
  t.strictSame(await readdir(t.testdirName), [], 'a refusal makes no folder')
})

await t.test('the delayed provider is slow, fails or lies as told', async (t) => {
  const clock = new ManualClock()
  const folder = join(t.testdir(), 'keys')
  const delays: Parameters<typeof delayedProvider>[1] = { signMs: 200 }
  const provider = delayedProvider(
    await openProvider({ provider: 'software', folder }),
    delays,
    clock,
  )
  const ref = await provider.generate('journal', 'ec-p256')
  const spki = await provider.publicKey(ref)
  let done = 0
  const signatures = [1, 2].map(async () => {
    const signature = await provider.sign(ref, message)
    done++
    return signature
  })
  const settle = () => new Promise((resolve) => setTimeout(resolve, 20))
  await settle()
  t.equal(done, 0)
  clock.advance(200)
  await settle()
  t.equal(done, 1, 'the device signs one at a time')
  clock.advance(200)
  for (const signature of await Promise.all(signatures)) {
    t.equal(await nodeCrypto.verify('ecdsa-p256-sha256', spki, message, signature), 'valid')
  }
  delays.signMs = 0
  delays.lie = true
  const lie = await provider.sign(ref, message)
  t.equal(await nodeCrypto.verify('ecdsa-p256-sha256', spki, message, lie), 'invalid')
  delays.failWith = new KeyError('unreachable', 'device removed')
  await rejectsWith(t, 'unreachable', provider.sign(ref, message))
  delays.failWith = undefined
  delays.lie = false
  const honest = await provider.sign(ref, message)
  t.equal(await nodeCrypto.verify('ecdsa-p256-sha256', spki, message, honest), 'valid')
})
