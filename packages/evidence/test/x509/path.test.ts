import { generateKeyPairSync, sign } from 'node:crypto'
import { BitString } from 'asn1js'
import { PublicKeyInfo, type Certificate } from 'pkijs'
import t from 'tap'
import { makeCertificate, makeToken, timeStamping } from '../authority.ts'
import type { CertificateOptions, TestCertificate } from '../authority.ts'
import { changed } from '../changed-certificate.ts'
import { hasOpenssl } from '../openssl-authority.ts'
import { answer, certificate, imprint, opensslAccepts, root } from '../token-judge.ts'

const stranger = await makeCertificate({ name: 'Stranger', authority: true })

void t.test('paths', async (t) => {
  const authority = (
    name: string,
    issuer: TestCertificate,
    options: Partial<CertificateOptions> = {},
  ): Promise<TestCertificate> => makeCertificate({ name, issuer, authority: true, ...options })
  const under = async (issuer: TestCertificate): Promise<TestCertificate> =>
    makeCertificate({ name: 'Leaf', issuer, purposes: [timeStamping] })
  const run = async (
    between: readonly TestCertificate[],
    expected: string,
    what: string,
    roots: readonly TestCertificate[] = [root],
    openssl = expected === 'valid',
  ): Promise<void> => {
    const issuer = between.at(-1) ?? root
    const leaf = await under(issuer)
    const token = await makeToken({ imprint, certificate: leaf })
    t.equal(await answer(token, roots, between), expected, what)
    if (!hasOpenssl || expected === 'cannot-tell') return
    t.equal(opensslAccepts(token, roots, between), openssl, `${what}, openssl`)
  }
  const one = await authority('One', root)
  const two = await authority('Two', one)
  await run([one], 'valid', 'one authority between')
  await run([one, two], 'valid', 'two authorities between')
  await run([two], 'untrusted-authority', 'a link missing')
  await run([await authority('X', root, { authority: false })], 'not-an-authority', 'not a CA')
  await run(
    [await authority('X', root, { keyUsage: 0x80 })],
    'not-an-authority',
    'may not sign certificates',
  )
  await run([await authority('X', root, { keyUsage: null })], 'valid', 'no key usage')
  const tight = await authority('Tight', root, { pathLength: 0 })
  await run([tight], 'valid', 'no authority below, and there is none')
  await run([tight, await authority('X', tight)], 'path-too-long', 'one more than allowed')
  const wide = await authority('Wide', root, { pathLength: 2 ** 40 })
  await run([wide, await authority('X', wide)], 'valid', 'more allowed than four bytes can say')
  await run(
    [await authority('X', root, { notAfter: '2026-02-01T00:00:00Z' })],
    'expired',
    'an authority that had expired',
  )
  await run(
    [await authority('X', root, { notBefore: '2026-04-01T00:00:00Z' })],
    'not-yet-valid',
    'an authority that was not valid yet',
  )
  await run(
    [await authority('X', root, { purposes: ['1.3.6.1.5.5.7.3.1'], purposesCritical: false })],
    'wrong-purpose',
    'an authority for servers only: openssl looks at the last certificate alone',
    [root],
    true,
  )
  await run(
    [await authority('X', root, { purposes: [timeStamping], purposesCritical: false })],
    'valid',
    'an authority for time-stamping',
  )
  await run(
    [await authority('X', root, { forgedBy: stranger.privateKey })],
    'bad-signature',
    'an authority signed by another',
  )
  await run(
    [await authority('X', root, { criticalExtension: '1.2.3.4.7' })],
    'cannot-tell',
    'an authority with an extension nobody knows',
  )
  const oldRoot = await makeCertificate({
    name: 'Old root',
    authority: true,
    notAfter: '2026-01-01T00:00:00Z',
  })
  await run([await authority('X', oldRoot)], 'expired', 'a root that had expired', [oldRoot])

  let deep = root
  const chain: TestCertificate[] = []
  for (let depth = 0; depth < 9; depth++) {
    deep = await authority(`Deep ${depth}`, deep)
    chain.push(deep)
  }
  const leaf = await under(deep)
  const token = await makeToken({ imprint, certificate: leaf })
  t.equal(await answer(token, [root], chain), 'path-too-long', 'deeper than any honest path')

  const loop = await makeCertificate({ name: 'Loop', authority: true })
  const looped = await makeToken({ imprint, certificate: await under(loop) })
  t.equal(await answer(looped, [root], [loop]), 'untrusted-authority', 'signs itself, is no root')
  t.equal(await answer(looped, [loop]), 'valid', 'is one')

  const namesakes = await Promise.all(
    Array.from({ length: 70 }, () => makeCertificate({ name: 'Loop', authority: true })),
  )
  t.equal(await answer(looped, [root], namesakes), 'bad-signature', 'many of one name')
  t.equal(await answer(looped, [loop], namesakes), 'valid', 'the roots come first')

  const direct = await makeToken({ imprint, certificate })
  t.equal(await answer(direct, [certificate]), 'valid', "the authority's own certificate as root")
  t.equal(await answer(direct, []), 'cannot-tell', 'no root at all')
  const bare = await makeToken({ imprint, certificate, certificates: [] })
  t.equal(await answer(bare, [root], [certificate]), 'valid', 'its certificate beside it')
})

const leafUnder = (issuer: TestCertificate): Promise<TestCertificate> =>
  makeCertificate({ name: 'Leaf', issuer, purposes: [timeStamping] })

function namingAlgorithm(algorithmId: string): (parsed: Certificate) => void {
  return ({ signature, signatureAlgorithm }) => {
    for (const each of [signature, signatureAlgorithm]) {
      each.algorithmId = algorithmId
      delete each.algorithmParams
    }
  }
}

void t.test('two authorities of one name: of their answers, the one that says most', async (t) => {
  const same = { name: 'Same', issuer: root, authority: true }
  const honest = await makeCertificate(same)
  const odd = changed(honest, namingAlgorithm('1.2.3.4'))
  const other = await makeCertificate(same)
  const token = await makeToken({ imprint, certificate: await leafUnder(honest) })
  t.equal(await answer(token, [root], [honest]), 'valid')
  t.equal(await answer(token, [root], [other]), 'bad-signature')
  t.equal(await answer(token, [root], [odd]), 'cannot-tell', 'signed by nobody knows what')
  t.equal(await answer(token, [root], [odd, other]), 'cannot-tell', 'what can’t be told stays')
  t.equal(await answer(token, [root], [other, odd]), 'cannot-tell', 'in whatever order')
  t.equal(await answer(token, [root], [other, odd, honest]), 'valid')
})

void t.test('an authority that signs with Ed25519', async (t) => {
  const keys = generateKeyPairSync('ed25519')
  const spki = Uint8Array.from(keys.publicKey.export({ type: 'spki', format: 'der' }))
  const made = await makeCertificate({ name: 'Edwards', authority: true })
  const authority = changed(made, (parsed) => {
    parsed.subjectPublicKeyInfo = PublicKeyInfo.fromBER(spki)
  })
  const signedOver = (change: (tbs: Uint8Array) => Uint8Array) => (parsed: Certificate) => {
    namingAlgorithm('1.3.101.112')(parsed)
    const signature = sign(
      null,
      change(new Uint8Array(parsed.encodeTBS().toBER())),
      keys.privateKey,
    )
    parsed.signatureValue = new BitString({ valueHex: Uint8Array.from(signature).buffer })
  }
  const leaf = await leafUnder(authority)
  const judged = async (signer: TestCertificate): Promise<string> =>
    answer(await makeToken({ imprint, certificate: signer }), [authority])
  t.equal(
    await judged(
      changed(
        leaf,
        signedOver((tbs) => tbs),
      ),
    ),
    'valid',
  )
  t.equal(
    await judged(
      changed(
        leaf,
        signedOver((tbs) => tbs.slice(1)),
      ),
    ),
    'bad-signature',
  )
  t.equal(await judged(leaf), 'cannot-tell', 'ECDSA by such a key')
})
