import { BitString, Integer, Utf8String } from 'asn1js'
import {
  AttributeTypeAndValue,
  CertificatePolicies,
  CRLDistributionPoints,
  DistributionPoint,
  Extension,
  GeneralName,
  PolicyInformation,
} from 'pkijs'
import t from 'tap'
import { parseCertificate } from '../../src/index.ts'
import { makeCertificate } from '../authority.ts'
import { changed } from '../changed-certificate.ts'

const plain = await makeCertificate({ name: 'Plain', keyUsage: null })

/** The certificate with this extension. */
const parsedWith = (extnID: string, value: { toBER(): ArrayBuffer }) =>
  parseCertificate(
    changed(plain, (parsed) => {
      parsed.extensions = [new Extension({ extnID, critical: false, extnValue: value.toBER() })]
    }).der,
  )

void t.test('policies', (t) => {
  t.same(parseCertificate(plain.der).policies, [])
  const certificatePolicies = ['1.2.3', '0.4.0.2042.1.1'].map(
    (policyIdentifier) => new PolicyInformation({ policyIdentifier }),
  )
  const policies = new CertificatePolicies({ certificatePolicies }).toSchema()
  t.same(parsedWith('2.5.29.32', policies).policies, ['1.2.3', '0.4.0.2042.1.1'])
  t.end()
})

void t.test('key usages', (t) => {
  const usage = (...bytes: number[]) =>
    parsedWith('2.5.29.15', new BitString({ valueHex: Uint8Array.from(bytes).buffer })).keyUsage
  t.match(usage(0xc0), { signsData: true, signsCertificates: false, others: false })
  t.match(usage(0x06), { signsData: false, signsCertificates: true, others: true })
  t.match(usage(0x80, 0x80), { signsData: true, others: true }, 'decipherOnly')
  t.match(usage(), { signsData: false, signsCertificates: false, others: false }, 'none of them')
  t.throws(() => parsedWith('2.5.29.15', new Integer({ value: 0x80 })), { code: 'malformed-token' })
  t.end()
})

void t.test('names whose kind we have no word for', (t) => {
  const { der } = changed(plain, ({ subject }) => {
    const value = new Utf8String({ value: 'x' })
    subject.valueBeforeDecode = new ArrayBuffer(0)
    subject.typesAndValues.push(new AttributeTypeAndValue({ type: '2.5.4.12', value }))
  })
  t.equal(parseCertificate(der).subjectText, 'CN=Plain, 2.5.4.12=x')
  t.end()
})

void t.test('lists of some reasons only, or by another issuer, say too little', (t) => {
  const at = (value: string) => [new GeneralName({ type: 6, value })]
  const reasons = new BitString({ valueHex: Uint8Array.of(0x40).buffer })
  const distributionPoints = [
    new DistributionPoint({ distributionPoint: at('http://a'), reasons }),
    new DistributionPoint({ distributionPoint: at('http://b'), cRLIssuer: at('http://other') }),
    new DistributionPoint({ distributionPoint: at('http://c') }),
  ]
  const points = new CRLDistributionPoints({ distributionPoints }).toSchema()
  t.same(parsedWith('2.5.29.31', points).revocationLists, ['http://c'])
  t.end()
})
