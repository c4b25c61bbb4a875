import { readdir, readFile, writeFile, chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ManualClock } from '@probant/host'
import { nodeCrypto, openProvider, type KeyProvider, type KeyRef } from '@probant/keys'
import { openPkcs11Provider } from '../../src/pkcs11/provider.ts'
import { rejectsWith } from '../contract.ts'
import { noSoftHsm, PIN, SoftHsm } from './softhsm.ts'

const skip = noSoftHsm
const message = Buffer.from('message')
/** Flags of a token: CKF_USER_PIN_FINAL_TRY and CKF_USER_PIN_LOCKED. */
const USER_PIN_FINAL_TRY = 0x20000
const USER_PIN_LOCKED = 0x40000

const softHsm = (t: Test) => SoftHsm.create(join(t.testdir(), 'hsm'))

/** The processes that this one started and that hold the module. */
async function modulePids(): Promise<number[]> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')
  const pids = children.trim().split(' ').filter(Boolean).map(Number)
  const isModule = async (pid: number) =>
    (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('module-host')
  const answers = await Promise.all(pids.map(isModule))
  return pids.filter((_, index) => answers[index])
}

async function signs(t: Test, provider: KeyProvider, ref: KeyRef, what: string): Promise<void> {
  const signature = await provider.sign(ref, message)
  const spki = await provider.publicKey(ref)
  t.equal(await nodeCrypto.verify('ecdsa-p256-sha256', spki, message, signature), 'valid', what)
}

/** The outcome of signing again and again until it works, as the journal does. */
async function signsInTheEnd(t: Test, provider: KeyProvider, ref: KeyRef): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const works = await provider.sign(ref, message).then(
      () => true,
      () => false,
    )
    if (works) return signs(t, provider, ref, 'signs again without a restart')
    await delay(50)
  }
  t.fail('never signs again')
}

await t.test('a token that is taken out and put back', { skip }, async (t) => {
  const hsm = await softHsm(t)
  const provider = await openProvider(hsm.settings)
  const ref = await provider.generate('journal', 'ec-p256')
  const root = await provider.generate('root', 'wrapping-aes-256')
  const enclosed = await provider.enclose(root, message, message)
  await hsm.remove()
  // What the module still holds in memory it may still use; a process that starts now may not.
  for (const pid of await modulePids()) process.kill(pid, 'SIGKILL')
  await delay(50)
  await rejectsWith(t, 'unreachable', provider.sign(ref, message))
  await rejectsWith(t, 'unreachable', provider.open(root, enclosed, message))
  await rejectsWith(t, 'unreachable', openProvider(hsm.settings))
  await hsm.putBack()
  await signsInTheEnd(t, provider, ref)
  t.ok(message.equals(await provider.open(root, enclosed, message)))
  await provider.close()
})

await t.test('sessions that the token has forgotten are opened anew', { skip }, async (t) => {
  const hsm = await softHsm(t)
  const provider = await openProvider(hsm.settings)
  const ref = await provider.generate('journal', 'ec-p256')
  const [before] = await modulePids()
  t.ok(before)
  process.kill(before ?? 0, 'SIGKILL')
  await delay(50)
  await signs(t, provider, ref, 'the first call after the module crashed is answered')
  const [after] = await modulePids()
  t.not(after, before)
  await hsm.remove()
  await provider.sign(ref, message).catch(() => undefined)
  await hsm.putBack()
  await signsInTheEnd(t, provider, ref)
  await provider.close()
  t.same(await modulePids(), [], 'no process is left')
})

await t.test(
  'a device that no longer answers is given up and started anew',
  { skip },
  async (t) => {
    const hsm = await softHsm(t)
    const clock = new ManualClock()
    const provider = await openPkcs11Provider(hsm.settings, clock)
    const ref = await provider.generate('journal', 'ec-p256')
    const [pid = 0] = await modulePids()
    process.kill(pid, 'SIGSTOP')
    let isAnswered = false
    const hanging = rejectsWith(t, 'unreachable', provider.sign(ref, message)).finally(() => {
      isAnswered = true
    })
    await delay(50)
    t.notOk(isAnswered)
    clock.advance(30_000)
    await hanging
    await signs(t, provider, ref, 'the next process answers')
    t.notOk((await modulePids()).includes(pid), 'the one that hung is gone')
    await provider.close()
  },
)

await t.test('the process that holds PIN and module leaves no core dump', { skip }, async (t) => {
  const provider = await openProvider((await softHsm(t)).settings)
  const [pid] = await modulePids()
  t.match(await readFile(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m)
  await provider.close()
})

await t.test('a key that was destroyed is missed, not made again', { skip }, async (t) => {
  const hsm = await softHsm(t)
  const provider = await openProvider(hsm.settings)
  const ref = await provider.generate('journal', 'ec-p256')
  await hsm.tool('--delete-object', '--type', 'privkey', '--label', 'journal')
  await rejectsWith(t, 'not-found', provider.sign(ref, message))
  t.equal(await provider.find('journal'), undefined)
  await provider.close()
})

await t.test('a wrong PIN is offered once, and never the last try', { skip }, async (t) => {
  const hsm = await softHsm(t)
  const provider = await openProvider(hsm.settings)
  const ref = await provider.generate('journal', 'ec-p256')
  await writeFile(hsm.settings.pin.file, '0000\n')
  await rejectsWith(t, 'pin-refused', openProvider(hsm.settings))
  for (const pid of await modulePids()) process.kill(pid, 'SIGKILL')
  await delay(50)
  await rejectsWith(t, 'pin-refused', provider.sign(ref, message))
  await writeFile(hsm.settings.pin.file, `${PIN}\n`)
  await rejectsWith(t, 'pin-refused', provider.sign(ref, message))
  await provider.close()
  const reopened = await openProvider(hsm.settings)
  await signs(t, reopened, ref, 'after a restart with the right PIN')
  await reopened.close()
  for (const flag of [USER_PIN_FINAL_TRY, USER_PIN_LOCKED]) {
    const unlock = await setTokenFlag(hsm, flag)
    await rejectsWith(t, 'locked-out', openProvider(hsm.settings))
    await unlock()
  }
  const unlocked = await openProvider(hsm.settings)
  await signs(t, unlocked, ref, 'once it is unlocked')
  await unlocked.close()
})

/** Sets a flag in SoftHSM's own file of the token, where it keeps the flags as a big-endian number behind its type. */
async function setTokenFlag(hsm: SoftHsm, flag: number): Promise<() => Promise<void>> {
  const [token = ''] = await readdir(join(hsm.folder, 'tokens'))
  const path = join(hsm.folder, 'tokens', token, 'token.object')
  const original = await readFile(path)
  const type = Buffer.from('000000008000534b0000000000000002', 'hex')
  const at = original.indexOf(type) + type.length
  const changed = Buffer.from(original)
  changed.writeBigUInt64BE(changed.readBigUInt64BE(at) | BigInt(flag), at)
  await writeFile(path, changed)
  return () => writeFile(path, original)
}

await t.test('where the PIN comes from', { skip }, async (t) => {
  const hsm = await softHsm(t)
  const { file } = hsm.settings.pin
  await chmod(file, 0o640)
  await rejectsWith(t, 'unsafe-permissions', openProvider(hsm.settings))
  await chmod(file, 0o600)
  const credential = { ...hsm.settings, pin: { credential: 'pin' } }
  await rejectsWith(t, 'not-available', openProvider(credential))
  process.env['CREDENTIALS_DIRECTORY'] = hsm.folder
  t.teardown(() => delete process.env['CREDENTIALS_DIRECTORY'])
  await (await openProvider(credential)).close()
  for (const name of ['../pin', '.', 'other']) {
    const settings = { ...credential, pin: { credential: name } }
    await rejectsWith(t, 'not-available', openProvider(settings))
  }
  await writeFile(file, '\n')
  await rejectsWith(t, 'not-available', openProvider(hsm.settings))
})

await t.test('which token', { skip }, async (t) => {
  const hsm = await softHsm(t)
  const other = { ...hsm.settings, tokenLabel: 'other' }
  await rejectsWith(t, 'unreachable', openProvider(other))
  await hsm.addToken('box')
  await rejectsWith(t, 'refused', openProvider(hsm.settings))
  const serials = (await readdir(join(hsm.folder, 'tokens'))).map((name) =>
    name.replaceAll('-', '').slice(-16),
  )
  const opened = await Promise.all(
    serials.map((tokenSerial) => openProvider({ ...hsm.settings, tokenSerial })),
  )
  for (const [index, provider] of opened.entries()) {
    t.match(provider.place, `serial ${serials[index] ?? ''}`)
    await provider.close()
  }
  const absent = { ...hsm.settings, module: '/nowhere/module.so' }
  await rejectsWith(t, 'not-available', openProvider(absent))
})

await t.test('a key that could leave is a warning, and refused on a box', { skip }, async (t) => {
  const hsm = await softHsm(t)
  const provider = await openProvider(hsm.settings)
  t.match(
    provider.warning,
    /^The token ".*" is no hardware/,
    'without a prefix: callers add theirs',
  )
  t.equal(provider.capabilities.signingKeysStayInside, false)
  await provider.generate('journal', 'ec-p256')
  t.notMatch(provider.warning, /may have the key/)
  const listed = await hsm.tool('--list-objects', '--type', 'privkey')
  t.match(listed, /Access: .*sensitive, always sensitive, never extract/)
  await hsm.tool('--keypairgen', '--key-type', 'EC:prime256v1', '--label', 'lat', '--extractable')
  t.equal((await provider.find('lat'))?.kind, 'ec-p256')
  t.match(provider.warning, /Others than the token may have the key lat: it is CKA_EXTRACTABLE/)
  await provider.close()
  await rejectsWith(t, 'refused', openProvider({ ...hsm.settings, provisionedBox: true }))
})
