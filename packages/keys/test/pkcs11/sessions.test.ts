import { join } from 'node:path'
import t, { type Test } from 'tap'
import { nodeCrypto, openProvider, type KeyProvider, type KeyRef } from '@probant/keys'
import { noObservedToken, ObservedToken } from './observed.ts'
import { SoftHsm } from './softhsm.ts'

const skip = noObservedToken
const SESSIONS = 3

async function opened(t: Test) {
  const token = await ObservedToken.of(await SoftHsm.create(join(t.testdir(), 'hsm')))
  const provider = await openProvider({ ...token.settings, sessions: SESSIONS })
  return { token, provider, ref: await provider.generate('journal', 'ec-p256') }
}

/** Signs as many messages at once. */
async function signAll(t: Test, provider: KeyProvider, ref: KeyRef, count: number): Promise<void> {
  const spki = await provider.publicKey(ref)
  const messages = Array.from({ length: count }, (_, index) => Buffer.from(`message ${index}`))
  const signatures = await Promise.all(messages.map((each) => provider.sign(ref, each)))
  for (const [index, signature] of signatures.entries()) {
    const message = messages[index] ?? Buffer.alloc(0)
    t.equal(await nodeCrypto.verify('ecdsa-p256-sha256', spki, message, signature), 'valid')
  }
}

await t.test('more signatures than sessions wait, and each is answered', { skip }, async (t) => {
  const { token, provider, ref } = await opened(t)
  await signAll(t, provider, ref, 30)
  t.same(await token.most(), { sessions: SESSIONS, signatures: SESSIONS })
  t.equal(await token.count('open'), SESSIONS, 'opened once, used again and again')
  t.equal(await token.count('login'), 1)
  await provider.close()
})

await t.test('sessions that the token closed under way are replaced', { skip }, async (t) => {
  const { token, provider, ref } = await opened(t)
  await token.forgetSessions()
  await signAll(t, provider, ref, 30)
  t.equal(await token.count('forget'), 1)
  t.equal(await token.count('open'), 2 * SESSIONS)
  t.same(
    await token.most(),
    { sessions: SESSIONS, signatures: SESSIONS },
    'never the former and the new ones at once',
  )
  await provider.close()
  t.equal(await token.count('end'), 2, 'both processes have ended')
})
