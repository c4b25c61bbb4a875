import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import ssh2 from 'ssh2'
import t from 'tap'
import { openProvider } from '@probant/keys'
import { toMpintPair } from '../../src/ssh/ecdsa-signature.ts'
import { ProviderKeyAgent, sshKeyOf, sshPublicKey } from '../../src/ssh/signing-key.ts'

function parsedKey(blob: Buffer, type: string) {
  const key = ssh2.utils.parseKey(`${type} ${blob.toString('base64')}`)
  if (key instanceof Error) throw key
  return key
}

function signed(agent: ProviderKeyAgent, data: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    agent.sign('', data, {}, (error, signature) => {
      if (signature === undefined || typeof signature === 'string')
        reject(error ?? new Error('none'))
      else resolve(signature)
    })
  })
}

await t.test('signs through the provider as SSH wants it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'probant-ssh-key-'))
  const provider = await openProvider({ provider: 'software', folder })
  t.teardown(() => provider.close())
  await t.rejects(sshKeyOf(provider), { code: 'unusable-key' }, 'none before it is made')
  for (const kind of ['ec-p256', 'ed25519'] as const) {
    const key = await provider.generate(kind === 'ec-p256' ? 'agent-ssh' : 'other', kind)
    const publicKey = sshPublicKey(await provider.publicKey(key))
    const agent = new ProviderKeyAgent(provider, key, publicKey)
    const data = Buffer.from('what is to be authenticated')
    const signature = await signed(agent, data)
    const parsed = parsedKey(publicKey.blob, publicKey.type)
    t.equal(parsed.type, publicKey.type)
    // ssh2 checks DER here; on the wire it converts the pair back.
    if (kind === 'ed25519') t.equal(parsed.verify(data, signature), true)
    else t.ok(signature.length >= 8 + 64 - 4 && signature.length <= 8 + 66)
  }
  t.ok(await sshKeyOf(provider))
})

await t.test('DER to mpints and nothing else', (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (message) => {
      const pair = toMpintPair(sign('sha256', message, privateKey))
      const rLength = pair.readUInt32BE(0)
      const [r, s] = [pair.subarray(4, 4 + rLength), pair.subarray(8 + rLength)]
      const fixed = [r, s].map((mpint) => {
        const bytes = mpint[0] === 0 ? mpint.subarray(1) : mpint
        return Buffer.concat([Buffer.alloc(32 - bytes.length), bytes])
      })
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
      return verify('sha256', message, key, Buffer.concat(fixed))
    }),
  )
  const good = sign('sha256', Buffer.from('x'), privateKey)
  for (const bad of [
    Buffer.alloc(0),
    good.subarray(1),
    good.subarray(0, -1),
    Buffer.concat([good, Buffer.alloc(1)]),
    Buffer.from('3006020180020101', 'hex'),
    Buffer.from('300702020001020101', 'hex'),
  ])
    t.throws(() => toMpintPair(bad), { code: 'unusable-key' }, bad.toString('hex').slice(0, 20))
  t.end()
})

await t.test('only keys that the agent can use', (t) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  t.throws(() => sshPublicKey(spki), { code: 'unusable-key' })
  t.end()
})
