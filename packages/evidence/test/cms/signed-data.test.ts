import { Constructed, Integer, Null, OctetString, Sequence } from 'asn1js'
import { Attribute, type SignedData } from 'pkijs'
import t from 'tap'
import { verifyOutsideToken } from '../../src/index.ts'
import { makeToken, type TokenOptions } from '../authority.ts'
import { answer, certificate, crypto, imprint, root } from '../token-judge.ts'

// Tokens whose signature is good, and whose CMS is not what an honest authority makes.

const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47'
const certHash = new OctetString({
  valueHex: Uint8Array.from(crypto.hash('sha256', certificate.der)).buffer,
})

async function answered(options: Partial<TokenOptions>): Promise<string> {
  return answer(await makeToken({ imprint, certificate, ...options }))
}

/** With another value of the attribute that names the certificate. */
const naming = (value: unknown): Partial<TokenOptions> => ({
  attributes: (made) => [
    ...made.filter(({ type }) => type !== signingCertificateV2),
    new Attribute({ type: signingCertificateV2, values: [value] }),
  ],
})

/** SigningCertificateV2 of one ESSCertIDv2. */
const certId = (...value: (Integer | Null | OctetString | Sequence)[]): Partial<TokenOptions> =>
  naming(new Sequence({ value: [new Sequence({ value: [new Sequence({ value })] })] }))

void t.test('how the certificate is named', async (t) => {
  const { serialNumber } = certificate.parsed
  const serial = (...value: (Integer | Null)[]): Sequence =>
    new Sequence({ value: [new Sequence(), ...value] })
  t.equal(await answered(certId(certHash)), 'valid')
  t.equal(await answered(certId(certHash, serial(serialNumber))), 'valid', 'by its serial too')
  const bad: [string, Partial<TokenOptions>][] = [
    ['another serial', certId(certHash, serial(root.parsed.serialNumber))],
    ['a serial that is none', certId(certHash, serial(new Null()))],
    ['an issuer without a serial', certId(certHash, serial())],
    ['no sequence', naming(new Null())],
    ['an empty one', naming(new Sequence())],
    ['an empty name', certId()],
    ['a digest that is none', certId(new Integer({ value: 1 }), certHash)],
    ['a digest without a hash', certId(new Sequence())],
  ]
  for (const [what, options] of bad) t.equal(await answered(options), 'bad-attributes', what)
})

void t.test('signed attributes', async (t) => {
  t.equal(await answered({ attributes: () => undefined }), 'bad-attributes', 'none')
  const untyped: Partial<TokenOptions> = { attributes: (made) => made.slice(1) }
  t.equal(await answered(untyped), 'bad-attributes', 'without the type of the content')
  const twice: Partial<TokenOptions> = { attributes: (made) => [...made, ...made.slice(0, 1)] }
  t.equal(await answered(twice), 'bad-attributes', 'one there twice')
  const change: TokenOptions['change'] = ({ signerInfos: [signer] }) => {
    if (signer) signer.digestAlgorithm.algorithmId = '1.2.3.4'
  }
  t.equal(await answered({ change }), 'cannot-tell', 'a digest that nobody here can compute')
  const token = await makeToken({ imprint, certificate, change })
  const expected = { imprint, imprintAlgorithm: 'sha256', roots: [root.der], lists: [] } as const
  t.match(await verifyOutsideToken(crypto, token, { ...expected, certificates: [] }), {
    verdict: { status: 'cannot-tell' },
    algorithms: ['sha256', 'ecdsa-p256-sha256'],
  })
})

void t.test('signers and certificates', async (t) => {
  const changed = async (change: (signed: SignedData) => void): Promise<string> =>
    answered({ change })
  t.equal(await changed(() => undefined), 'valid')
  const two = await changed((signed) => signed.signerInfos.push(...signed.signerInfos))
  t.equal(two, 'malformed-token', 'two signers')
  t.equal(await changed((signed) => (signed.signerInfos = [])), 'malformed-token', 'no signer')
  const bare = await changed((signed) => delete signed.certificates)
  t.equal(bare, 'cannot-tell', 'no certificates at all')
  const odd = await changed(({ signerInfos: [signer] }) => {
    const value = [new OctetString({ valueHex: new ArrayBuffer(4) })]
    if (signer) signer.sid = new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value })
  })
  t.equal(odd, 'cannot-tell', 'a signer named in no way that RFC 5652 knows')
})
