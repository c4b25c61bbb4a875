import { spawnSync } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { verifyToken } from '@probant/evidence'
import { ManualClock, systemRandomness } from '@probant/host'
import { KeyError, nodeCrypto, openProvider, type KeyProvider } from '@probant/keys'
import { delayedProvider } from '@probant/keys/testing'
import { createAuthority, openAuthority, POLICY_OID } from '../../src/timestamping/index.ts'

const document = Buffer.from('a specimen')
const imprint = nodeCrypto.hash('sha256', document)
const start = Date.UTC(2026, 5, 1, 12, 0, 0, 120)

/** A box's keys and clock in an empty folder. */
async function machine(t: Test, name = 'box') {
  const home = join(t.testdirName, name)
  const clock = new ManualClock({ nowMs: start })
  const keys = await openProvider({ provider: 'software', folder: join(home, 'keys') })
  const folder = join(home, 'timestamping')
  return { keys, clock, randomness: systemRandomness, folder, boxId: 'box-1' }
}

function openssl(...args: string[]): { ok: boolean; text: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { ok: status === 0, text: stdout + stderr }
}

const withoutOpenssl = openssl('version').ok ? false : 'the openssl command is not installed'

for (const keyType of ['ec-p256', 'rsa-3072'] as const)
  await t.test(
    `openssl accepts a token by ${keyType} keys`,
    { skip: withoutOpenssl },
    async (t) => {
      t.testdir()
      const box = await machine(t)
      t.equal(
        (await createAuthority({ ...box, keyType })).publicKey.length > 300,
        keyType === 'rsa-3072',
      )
      const authority = await openAuthority(box)
      const path = (name: string) => join(box.folder, name)
      await writeFile(path('token.tst'), await authority.token(imprint))
      await writeFile(path('document'), document)
      const at = (ms: number, ...what: string[]) =>
        openssl(
          ...['ts', '-verify', '-token_in', '-in', path('token.tst'), ...what],
          ...['-CAfile', path('root.pem'), '-attime', `${Math.floor(ms / 1000)}`],
        )
      const good = at(start, '-data', path('document'))
      t.ok(good.ok, good.text)
      t.ok(at(start, '-digest', Buffer.from(imprint).toString('hex')).ok)
      t.ok(at(start + 14 * 365 * 86_400_000, '-data', path('document')).ok, 'years later')
      const late = start + 16 * 365 * 86_400_000
      t.notOk(at(late, '-data', path('document')).ok, 'expired')
      t.ok(at(start, '-data', path('document')).ok, 'expired, but checked at its genTime')
      t.notOk(at(start, '-digest', '0'.repeat(64)).ok, 'another document')
      const text = openssl(
        'ts',
        '-reply',
        '-token_in',
        '-in',
        path('token.tst'),
        '-token_out',
        '-text',
      )
      t.match(text.text, `Policy OID: ${POLICY_OID}`)
      t.match(text.text, 'Time stamp: Jun  1 12:00:00.12 2026 GMT', 'no trailing zero')
      t.match(text.text, /Accuracy: 0x01 seconds/)
      const token = await authority.token(imprint)
      for (let at256 = 0; at256 < token.length; at256 += 97) {
        const changed = Uint8Array.from(token)
        changed[at256] = (changed[at256] ?? 0) ^ 4
        await writeFile(path('token.tst'), changed)
        const accepted = at(start, '-data', path('document')).ok
        t.notOk(
          accepted && !inRootSignature(at256, token, authority.rootCertificate),
          `byte ${at256}`,
        )
      }
      const other = await createAuthority(await machine(t, 'other'))
      await writeFile(path('token.tst'), await other.token(imprint))
      t.notOk(at(start, '-data', path('document')).ok, 'of another box')
    },
  )

/** The token's copy of the root isn't what openssl trusts: its bytes may change without harm. */
function inRootSignature(at: number, token: Uint8Array, root: Uint8Array): boolean {
  const first = Buffer.from(token).indexOf(root)
  return at >= first && at < first + root.length
}

await t.test("the product's verifier accepts a token", async (t) => {
  t.testdir()
  const box = await machine(t)
  const authority = await createAuthority(box)
  const token = await authority.token(imprint)
  const roots = [authority.rootCertificate]
  const checked = await verifyToken(nodeCrypto, token, { imprint, roots })
  t.match(checked, { verdict: { status: 'valid' }, genTime: '2026-06-01T12:00:00.120Z' })
  const other = await createAuthority(await machine(t, 'other'))
  const foreign = { imprint, roots: [other.rootCertificate] }
  t.not((await verifyToken(nodeCrypto, token, foreign)).verdict.status, 'valid')
})

await t.test('tokens differ and follow the clock', async (t) => {
  t.testdir()
  const box = await machine(t)
  const authority = await createAuthority(box)
  const tokens = await Promise.all(Array.from({ length: 20 }, () => authority.token(imprint)))
  t.equal(new Set(tokens.map((token) => Buffer.from(token).toString('hex'))).size, 20)
  const shows = (token: Uint8Array, time: string) =>
    Buffer.from(token).includes(`\x18${String.fromCharCode(time.length)}${time}`)
  for (const token of tokens) t.ok(shows(token, '20260601120000.12Z'))
  box.clock.advance(880)
  t.ok(shows(await authority.token(imprint), '20260601120001Z'))
  box.clock.advance(1)
  t.ok(shows(await authority.token(imprint), '20260601120001.001Z'))
})

await t.test('the authority is made once, whatever interrupts it', async (t) => {
  t.testdir()
  const box = await machine(t)
  await t.rejects(openAuthority(box), { code: 'bad-settings' }, 'opening makes nothing')
  t.equal(await box.keys.find('tsa'), undefined)
  const first = await createAuthority(box)
  t.strictSame((await readdir(box.folder)).sort(), ['root.pem', 'tsa.pem'])
  const again = await createAuthority(box)
  t.strictSame(again.tsaCertificate, first.tsaCertificate)
  const opened = await openAuthority(box)
  t.strictSame(opened.rootCertificate, first.rootCertificate)
  t.strictSame(opened.publicKey, first.publicKey)
  await rm(join(box.folder, 'tsa.pem'))
  await t.rejects(openAuthority(box), { code: 'bad-settings' })
  const finished = await createAuthority(box)
  t.strictSame(finished.rootCertificate, first.rootCertificate, 'the root stays')
  t.strictSame(finished.publicKey, first.publicKey, 'the keys stay')
  await t.resolves(finished.token(imprint))
})

await t.test('certificates of other keys, or damaged, are refused', async (t) => {
  t.testdir()
  const box = await machine(t)
  await createAuthority(box)
  const other = await machine(t, 'other')
  const foreign = await createAuthority(other)
  const refused = { code: 'bad-settings', fault: 'fatal' }
  await t.rejects(openAuthority({ ...box, folder: other.folder }), refused)
  await writeFile(join(box.folder, 'root.pem'), foreign.rootPem)
  await t.rejects(openAuthority(box), refused)
  await writeFile(join(box.folder, 'root.pem'), 'not a certificate')
  await t.rejects(openAuthority(box), refused)
  await t.rejects(
    createAuthority({ ...(await machine(t, 'long')), boxId: 'x'.repeat(50) }),
    refused,
  )
})

await t.test('no token leaves that would not verify', async (t) => {
  t.testdir()
  const box = await machine(t)
  await createAuthority(box)
  const delays: Parameters<typeof delayedProvider>[1] = { signMs: 0, lie: true }
  const keys: KeyProvider = delayedProvider(box.keys, delays)
  const authority = await openAuthority({ ...box, keys })
  const retryable = { code: 'timestamp-failed', fault: 'retryable' }
  await t.rejects(authority.token(imprint), retryable, 'the device lies')
  delays.lie = false
  delays.failWith = new KeyError('unreachable', 'device removed')
  await t.rejects(authority.token(imprint), retryable, 'the device fails')
  delays.failWith = undefined
  await t.resolves(authority.token(imprint))
  await t.rejects(authority.token(imprint.subarray(1)), {
    code: 'timestamp-failed',
    fault: 'caller',
  })
  const outside = { code: 'timestamp-failed', fault: 'fatal' }
  box.clock.set(start - 1000)
  await t.rejects(authority.token(imprint), outside, 'before the certificate')
  box.clock.set(start + 16 * 365 * 86_400_000)
  await t.rejects(authority.token(imprint), outside, 'after it')
  const lying = await machine(t, 'lying')
  const liar = delayedProvider(lying.keys, { signMs: 0, lie: true })
  await t.rejects(createAuthority({ ...lying, keys: liar }), { code: 'signer-failed' })
})
