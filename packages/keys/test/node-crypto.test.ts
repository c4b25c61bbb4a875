import { createHash, generateKeyPairSync, sign, type KeyObject, constants } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import type { Answer, SignatureAlgorithm } from '@probant/evidence'
import { nodeCrypto, rawPublicKey } from '@probant/keys'

const message = Buffer.from('the message')

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' })
const ed = generateKeyPairSync('ed25519')
const mlDsa = generateKeyPairSync('ml-dsa-44')

const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

const cases: Record<SignatureAlgorithm, { publicKey: Uint8Array; signature: Uint8Array }> = {
  'ecdsa-p256-sha256': {
    publicKey: spki(p256.publicKey),
    signature: sign('sha256', message, p256.privateKey),
  },
  'ecdsa-p384-sha384': {
    publicKey: spki(p384.publicKey),
    signature: sign('sha384', message, p384.privateKey),
  },
  'ecdsa-p521-sha512': {
    publicKey: spki(p521.publicKey),
    signature: sign('sha512', message, p521.privateKey),
  },
  'rsa-pkcs1-sha256': {
    publicKey: spki(rsa.publicKey),
    signature: sign('sha256', message, rsa.privateKey),
  },
  'rsa-pkcs1-sha384': {
    publicKey: spki(rsa.publicKey),
    signature: sign('sha384', message, rsa.privateKey),
  },
  'rsa-pkcs1-sha512': {
    publicKey: spki(rsa.publicKey),
    signature: sign('sha512', message, rsa.privateKey),
  },
  'rsa-pss-sha256': {
    publicKey: spki(rsa.publicKey),
    signature: sign('sha256', message, { key: rsa.privateKey, ...pss }),
  },
  ed25519: {
    publicKey: rawPublicKey('ed25519', spki(ed.publicKey)),
    signature: sign(null, message, ed.privateKey),
  },
  'ml-dsa-44': {
    publicKey: rawPublicKey('ml-dsa-44', spki(mlDsa.publicKey)),
    signature: sign(null, message, mlDsa.privateKey),
  },
}

await t.test('known digests', (t) => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const abc = Buffer.from('abc')
  // FIPS 180-4 and FIPS 202 examples
  t.equal(
    hex(nodeCrypto.hash('sha256', abc)),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
  t.equal(
    hex(nodeCrypto.hash('sha3-256', abc)),
    '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
  )
  for (const name of ['sha256', 'sha3-256', 'sha512'] as const) {
    const hashing = nodeCrypto.incremental(name)
    hashing.update(Buffer.from('a'))
    hashing.update(Buffer.from('bc'))
    const digest = hex(hashing.digest())
    t.equal(digest, hex(nodeCrypto.hash(name, abc)))
    t.equal(digest, createHash(name).update(abc).digest('hex'))
  }
  t.end()
})

for (const [name, { publicKey, signature }] of Object.entries(cases)) {
  const algorithm = Object.keys(cases).find((known): known is SignatureAlgorithm => known === name)
  if (algorithm === undefined) continue
  await t.test(name, async (t) => {
    const verify = (key: Uint8Array, text: Uint8Array, value: Uint8Array) =>
      nodeCrypto.verify(algorithm, key, text, value)
    t.equal(await verify(publicKey, message, signature), 'valid')
    t.equal(await verify(publicKey, Buffer.from('another'), signature), 'invalid')
    for (const [other, { publicKey: key }] of Object.entries(cases)) {
      if (Buffer.from(key).equals(publicKey)) continue
      t.equal(await verify(key, message, signature), 'invalid', `the key of ${other}`)
    }
    const inKey = fc.tuple(fc.constant(publicKey), fc.nat(publicKey.length * 8 - 1))
    const inSignature = fc.nat(signature.length * 8 - 1)
    const options = { numRuns: 40 }
    await fc.assert(
      fc.asyncProperty(inSignature, async (bit) => {
        t.not(await verify(publicKey, message, flipped(signature, bit)), 'valid')
      }),
      options,
    )
    await fc.assert(
      fc.asyncProperty(inKey, async ([key, bit]) => {
        // OpenSSL ignores the tag of RSA's NULL parameters (RFC 3279 section 2.3.1): the key is the same
        fc.pre(!name.startsWith('rsa') || bit >> 3 !== 17)
        t.equal(await verify(flipped(key, bit), message, signature), 'invalid')
      }),
      options,
    )
    if (name.startsWith('ecdsa')) {
      // the point's hybrid form: its first byte tells the parity of y, and OpenSSL would read it
      const point = { p256: 65, p384: 97, p521: 133 }[name.split('-')[1] ?? ''] ?? 0
      for (const tag of [6, 7]) {
        const hybrid = Buffer.from(publicKey)
        hybrid[hybrid.length - point] = tag
        t.equal(await verify(hybrid, message, signature), 'invalid', `hybrid point ${tag}`)
      }
    }
    const junk = fc.uint8Array({ maxLength: 100 })
    await fc.assert(
      fc.asyncProperty(junk, async (bytes) => {
        t.equal(await verify(publicKey, message, bytes), 'invalid')
        t.equal(await verify(bytes, message, signature), 'invalid')
      }),
      options,
    )
  })
}

await t.test('a signature counts only under the algorithm it is presented as', async (t) => {
  const verify = (algorithm: SignatureAlgorithm, key: KeyObject, signature: Uint8Array) =>
    nodeCrypto.verify(algorithm, spki(key), message, signature)
  const byRsa = sign('sha256', message, rsa.privateKey)
  t.equal(await verify('ecdsa-p256-sha256', rsa.publicKey, byRsa), 'invalid', 'an RSA key')
  const byP384 = sign('sha256', message, p384.privateKey)
  t.equal(await verify('ecdsa-p256-sha256', p384.publicKey, byP384), 'invalid', 'another curve')
  const byP256 = sign('sha256', message, p256.privateKey)
  t.equal(await verify('rsa-pkcs1-sha256', p256.publicKey, byP256), 'invalid', 'no RSA key')
  const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
  const byDsa = sign('sha256', message, dsa.privateKey)
  t.equal(await verify('rsa-pkcs1-sha256', dsa.publicKey, byDsa), 'invalid', 'a DSA key')
  const pssOnly = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  const byPss = sign('sha256', message, { key: pssOnly.privateKey, ...pss })
  t.equal(await verify('rsa-pss-sha256', pssOnly.publicKey, byPss), 'valid', 'RFC 4055 keys')
  t.equal(await verify('rsa-pkcs1-sha256', pssOnly.publicKey, byPss), 'invalid', 'for PSS alone')
})

await t.test('what is unknown here is never invalid', async (t) => {
  // at run time the name comes from evidence, not from the type
  const anyone: {
    verify(name: string, key: Uint8Array, text: Uint8Array, value: Uint8Array): Promise<Answer>
  } = nodeCrypto
  for (const name of ['ml-dsa-44x', 'toString', '__proto__', '']) {
    t.equal(await anyone.verify(name, message, message, message), 'cannot-tell', name)
  }
})

await t.test('many keys in turn, each with its own answer', async (t) => {
  const signers = Array.from({ length: 100 }, () => generateKeyPairSync('ed25519'))
  for (const round of [1, 2]) {
    for (const { publicKey, privateKey } of signers) {
      const raw = rawPublicKey('ed25519', spki(publicKey))
      const signature = sign(null, message, privateKey)
      const answer = await nodeCrypto.verify('ed25519', raw, message, signature)
      if (answer !== 'valid') t.fail(`round ${round}`)
      const other = await nodeCrypto.verify('ed25519', raw, message, cases.ed25519.signature)
      if (other !== 'invalid') t.fail(`round ${round}: another's signature`)
    }
  }
})

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
