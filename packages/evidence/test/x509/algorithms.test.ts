import { generateKeyPairSync } from 'node:crypto'
import { BitString, fromBER, Null } from 'asn1js'
import { AlgorithmIdentifier, PublicKeyInfo } from 'pkijs'
import t from 'tap'
import type { HashName } from '../../src/index.ts'
import { hashNameOf, signatureAlgorithmOf } from '../../src/x509/algorithms.ts'

void t.test('algorithms', (t) => {
  const spki = (der: Buffer): PublicKeyInfo => PublicKeyInfo.fromBER(new Uint8Array(der))
  const generate = {
    rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    weak: generateKeyPairSync('rsa', { modulusLength: 2047 }),
    p256: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
    p384: generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
    k256: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
    explicit: generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' }),
    ed25519: generateKeyPairSync('ed25519'),
    x25519: generateKeyPairSync('x25519'),
  }
  const of = (
    kind: keyof typeof generate,
    algorithmId: string,
    digest?: HashName,
    parametersHex?: string,
  ): string | undefined => {
    const key = spki(generate[kind].publicKey.export({ type: 'spki', format: 'der' }))
    const algorithmParams =
      parametersHex === undefined
        ? new Null()
        : fromBER(Uint8Array.from(Buffer.from(parametersHex, 'hex')).buffer).result
    const algorithm = new AlgorithmIdentifier({ algorithmId, algorithmParams })
    return signatureAlgorithmOf(algorithm, key, digest)
  }
  const rsa = '1.2.840.113549.1.1'
  const ecdsa = '1.2.840.10045.4.3'
  t.equal(of('rsa', `${rsa}.11`), 'rsa-pkcs1-sha256')
  t.equal(of('weak', `${rsa}.11`), undefined, 'a key that may be broken')
  t.equal(of('rsa', `${rsa}.12`), 'rsa-pkcs1-sha384')
  t.equal(of('rsa', `${rsa}.13`), 'rsa-pkcs1-sha512')
  const noKey = spki(generate.rsa.publicKey.export({ type: 'spki', format: 'der' }))
  noKey.subjectPublicKey = new BitString({ valueHex: new Uint8Array([4, 1, 7]).buffer })
  const read = spki(Buffer.from(noKey.toSchema().toBER()))
  const sha256WithRsa = new AlgorithmIdentifier({ algorithmId: `${rsa}.11` })
  t.equal(signatureAlgorithmOf(sha256WithRsa, read), undefined, 'not a key of its kind')
  t.equal(of('rsa', `${rsa}.1`, 'sha512'), 'rsa-pkcs1-sha512')
  t.equal(of('rsa', `${rsa}.1`), undefined)
  t.equal(of('rsa', `${rsa}.5`), undefined, 'SHA-1')
  t.equal(of('rsa', `${ecdsa}.2`), undefined)
  const sha256 = '300d06096086480165030402010500'
  const pss = `a00f${sha256}a11c301a06092a864886f70d010108${sha256}`
  t.equal(of('rsa', `${rsa}.10`, undefined, `3034${pss}a203020120`), 'rsa-pss-sha256')
  t.equal(of('rsa', `${rsa}.10`, undefined, `3034${pss}a203020114`), undefined, 'another salt')
  const bare = new AlgorithmIdentifier({ algorithmId: `${rsa}.10` })
  const rsaKey = spki(generate.rsa.publicKey.export({ type: 'spki', format: 'der' }))
  t.equal(signatureAlgorithmOf(bare, rsaKey), undefined, 'PSS with SHA-1 by default')
  t.equal(of('p256', `${ecdsa}.2`), 'ecdsa-p256-sha256')
  t.equal(of('p384', `${ecdsa}.3`), 'ecdsa-p384-sha384')
  t.equal(of('p384', `${ecdsa}.2`), undefined)
  t.equal(of('p256', '1.2.840.10045.2.1', 'sha256'), 'ecdsa-p256-sha256')
  t.equal(of('p256', '1.2.840.10045.2.1'), undefined)
  t.equal(of('k256', `${ecdsa}.2`), undefined)
  t.equal(of('explicit', `${ecdsa}.2`), undefined)
  t.equal(of('ed25519', '1.3.101.112'), 'ed25519')
  t.equal(of('ed25519', `${ecdsa}.2`), undefined)
  t.equal(of('x25519', '1.3.101.112'), undefined)
  t.equal(hashNameOf('1.3.14.3.2.26'), undefined, 'SHA-1')
  t.equal(hashNameOf('2.16.840.1.101.3.4.2.3'), 'sha512')
  t.end()
})
