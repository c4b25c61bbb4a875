import {
  constants,
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto'
import type { Answer, SignatureAlgorithm } from '@probant/evidence'
import { nodeCrypto, rawPublicKey } from '@probant/keys'
import { browserCrypto } from '@probant/verification'
import fc from 'fast-check'
import t from 'tap'

/** The browser's cryptography answers as the services' does, which is held against OpenSSL by its own tests. */
const message = Buffer.from('the message')
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 })
const ecdsa = (namedCurve: string, digest: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
  return { key: spki(publicKey), signature: sign(digest, message, privateKey) }
}
const raw = (type: 'ed25519' | 'ml-dsa-44') => {
  const { publicKey, privateKey } =
    type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44')
  return { key: rawPublicKey(type, spki(publicKey)), signature: sign(null, message, privateKey) }
}
const byRsa = (digest: string, options = {}) => ({
  key: spki(rsa.publicKey),
  signature: sign(digest, message, { key: rsa.privateKey, ...options }),
})
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

const cases: readonly [SignatureAlgorithm, { key: Uint8Array; signature: Uint8Array }][] = [
  ['ecdsa-p256-sha256', ecdsa('P-256', 'sha256')],
  ['ecdsa-p384-sha384', ecdsa('P-384', 'sha384')],
  ['ecdsa-p521-sha512', ecdsa('P-521', 'sha512')],
  ['rsa-pkcs1-sha256', byRsa('sha256')],
  ['rsa-pkcs1-sha384', byRsa('sha384')],
  ['rsa-pkcs1-sha512', byRsa('sha512')],
  ['rsa-pss-sha256', byRsa('sha256', pss)],
  ['ed25519', raw('ed25519')],
  ['ml-dsa-44', raw('ml-dsa-44')],
]

await t.test('digests, whole and in pieces', (t) => {
  for (const name of ['sha256', 'sha384', 'sha512', 'sha3-256'] as const) {
    const bytes = randomBytes(100_000)
    const expected = createHash(name).update(bytes).digest('hex')
    t.equal(Buffer.from(browserCrypto.hash(name, bytes)).toString('hex'), expected, name)
    const hashing = browserCrypto.incremental(name)
    for (const end of [1, 64, 65, 70_000, 100_000])
      hashing.update(
        bytes.subarray(end === 1 ? 0 : [1, 64, 65, 70_000].findLast((at) => at < end), end),
      )
    t.equal(Buffer.from(hashing.digest()).toString('hex'), expected, `${name} in pieces`)
  }
  t.end()
})

for (const [algorithm, { key, signature }] of cases)
  await t.test(algorithm, async (t) => {
    const answers = (other: Uint8Array, text: Uint8Array, value: Uint8Array) =>
      Promise.all(
        [nodeCrypto, browserCrypto].map((crypto) => crypto.verify(algorithm, other, text, value)),
      )
    t.same(await answers(key, message, signature), ['valid', 'valid'])
    t.same(await answers(key, Buffer.from('another'), signature), ['invalid', 'invalid'])
    const flipped = (bytes: Uint8Array, bit: number) =>
      bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
    const changed = fc.record({ bit: fc.nat(), inKey: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(changed, async ({ bit, inKey }) => {
        const bytes = inKey ? key : signature
        // OpenSSL ignores the tag of RSA's NULL parameters: the key is the same
        fc.pre(!(inKey && algorithm.startsWith('rsa') && (bit % (bytes.length * 8)) >> 3 === 17))
        // and takes a bit string without its last bit where that bit is zero
        fc.pre(!(inKey && algorithm === 'ecdsa-p256-sha256' && bit % (bytes.length * 8) === 200))
        const other = flipped(bytes, bit % (bytes.length * 8))
        const [expected, found] = await answers(
          inKey ? other : key,
          message,
          inKey ? signature : other,
        )
        t.equal(found, expected, `${inKey ? 'key' : 'signature'} bit ${bit % (bytes.length * 8)}`)
      }),
      { numRuns: 60 },
    )
    for (const [name, { key: foreign }] of cases)
      if (!Buffer.from(foreign).equals(key))
        t.same(
          await answers(foreign, message, signature),
          ['invalid', 'invalid'],
          `a key of ${name}`,
        )
    for (const junk of [new Uint8Array(0), randomBytes(33), randomBytes(2420)])
      t.same(await answers(junk, message, junk), ['invalid', 'invalid'])
  })

await t.test('what browsers lack is never invalid', async (t) => {
  const only = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  const signature = sign('sha256', message, { key: only.privateKey, ...pss })
  const verify = (name: SignatureAlgorithm) =>
    browserCrypto.verify(name, spki(only.publicKey), message, signature)
  t.equal(await verify('rsa-pss-sha256'), 'cannot-tell')
  // at run time the name comes from evidence, not from the type
  const anyone: {
    verify(name: string, key: Uint8Array, text: Uint8Array, value: Uint8Array): Promise<Answer>
  } = browserCrypto
  for (const name of ['dsa', 'toString', '__proto__', ''])
    t.equal(await anyone.verify(name, message, message, message), 'cannot-tell', name)
})
