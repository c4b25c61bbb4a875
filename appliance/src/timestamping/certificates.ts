import { BitString, Integer, OctetString, Utf8String } from 'asn1js'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtKeyUsage,
  Extension,
  PublicKeyInfo,
  Time,
  TimeType,
} from 'pkijs'
import { nodeCrypto, type KeyProvider, type KeyRef } from '@probant/keys'
import type { Randomness } from '@probant/host'
import { BoxError } from '../errors.ts'
import { OIDS } from './oids.ts'
import { algorithmNamed, algorithmOf } from './signature-algorithms.ts'

/** KeyUsage bits (RFC 5280 section 4.2.1.3), first bit highest. */
const DIGITAL_SIGNATURE = { bits: 0b1000_0000, unusedBits: 7 }
const KEY_CERT_SIGN_AND_CRL_SIGN = { bits: 0b0000_0110, unusedBits: 1 }

/** RFC 5280 section 4.1.2.5: from 2050 on, dates are GeneralizedTime. */
const FIRST_GENERALIZED_YEAR = 2050

/** A key of the provider with what certificates say about it. */
export interface NamedKey {
  readonly ref: KeyRef
  /** SPKI, DER. */
  readonly publicKey: Uint8Array
  readonly commonName: string
}

/** What makes one certificate. */
export interface CertificateRequest {
  readonly subject: NamedKey
  readonly issuer: NamedKey
  /** `root`: may issue end certificates. `time-stamping`: that purpose alone, marked critical (RFC 3161 section 2.3). */
  readonly role: 'root' | 'time-stamping'
  /** Milliseconds since 1970, cut to seconds: the certificate is valid at once. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** Issues a certificate by one signature of the provider. DER. */
export async function issue(
  request: CertificateRequest,
  keys: KeyProvider,
  randomness: Randomness,
): Promise<Uint8Array> {
  const { subject, issuer } = request
  const certificate = new Certificate({ version: 2, serialNumber: serialNumber(randomness) })
  certificate.issuer.typesAndValues.push(commonName(issuer.commonName))
  certificate.subject.typesAndValues.push(commonName(subject.commonName))
  certificate.notBefore = timeOf(request.notBeforeMs)
  certificate.notAfter = timeOf(request.notAfterMs)
  certificate.subjectPublicKeyInfo = PublicKeyInfo.fromBER(Uint8Array.from(subject.publicKey))
  certificate.extensions = extensions(request)
  const { identifier } = algorithmOf(issuer.ref.kind)
  const algorithm = AlgorithmIdentifier.fromBER(Uint8Array.from(identifier))
  certificate.signature = algorithm
  certificate.signatureAlgorithm = algorithm
  const toBeSigned = new Uint8Array(certificate.encodeTBS().toBER())
  const signature = await keys.sign(issuer.ref, toBeSigned)
  certificate.signatureValue = new BitString({ valueHex: Uint8Array.from(signature).buffer })
  const der = new Uint8Array(certificate.toSchema(true).toBER())
  if (!(await isSignedBy(der, issuer.publicKey))) {
    throw new BoxError('signer-failed', 'fatal', `the key ${issuer.ref.label} signs wrongly`)
  }
  return der
}

/** Whether the certificate carries a valid signature by that key, of a kind that the box makes. */
export async function isSignedBy(der: Uint8Array, issuerKey: Uint8Array): Promise<boolean> {
  const certificate = Certificate.fromBER(Uint8Array.from(der))
  const algorithm = algorithmNamed(certificate.signatureAlgorithm.algorithmId)
  if (algorithm === undefined) return false
  const signature = new Uint8Array(certificate.signatureValue.valueBlock.valueHexView)
  const answer = await nodeCrypto.verify(algorithm, issuerKey, certificate.tbsView, signature)
  return answer === 'valid'
}

function commonName(value: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({ type: OIDS.commonName, value: new Utf8String({ value }) })
}

function serialNumber(randomness: Randomness): Integer {
  return new Integer({ valueHex: Uint8Array.from(randomSerial(randomness)).buffer })
}

/** 16 bytes, 126 of their bits random, that as an INTEGER are positive and never come twice (RFC 5280 section 4.1.2.2). */
export function randomSerial(randomness: Randomness): Uint8Array {
  const bytes = Uint8Array.from(randomness.bytes(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes
}

function timeOf(ms: number): Time {
  const value = new Date(Math.floor(ms / 1000) * 1000)
  const generalized = value.getUTCFullYear() >= FIRST_GENERALIZED_YEAR
  return new Time({ type: generalized ? TimeType.GeneralizedTime : TimeType.UTCTime, value })
}

function extensions({ subject, issuer, role }: CertificateRequest): Extension[] {
  const root = role === 'root'
  const authority = new AuthorityKeyIdentifier({
    keyIdentifier: new OctetString({ valueHex: keyIdentifier(issuer.publicKey) }),
  })
  const constraints = root ? { cA: true, pathLenConstraint: 0 } : { cA: false }
  const always = [
    extension(OIDS.basicConstraints, true, new BasicConstraints(constraints).toSchema()),
    extension(OIDS.keyUsage, true, keyUsage(root ? KEY_CERT_SIGN_AND_CRL_SIGN : DIGITAL_SIGNATURE)),
    extension(
      OIDS.subjectKeyIdentifier,
      false,
      new OctetString({ valueHex: keyIdentifier(subject.publicKey) }),
    ),
  ]
  if (root) return always
  const purposes = new ExtKeyUsage({ keyPurposes: [OIDS.timeStamping] })
  return [
    ...always,
    extension(OIDS.authorityKeyIdentifier, false, authority.toSchema()),
    extension(OIDS.extendedKeyUsage, true, purposes.toSchema()),
  ]
}

function keyUsage({ bits, unusedBits }: { bits: number; unusedBits: number }): BitString {
  return new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits })
}

function extension(
  extnID: string,
  critical: boolean,
  value: { toBER(sizeOnly?: boolean): ArrayBuffer },
): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER(false) })
}

/** The first 20 bytes of the SPKI's SHA-256: any value that tells keys apart will do (RFC 7093 section 2, method 4). */
function keyIdentifier(spki: Uint8Array): ArrayBuffer {
  return Uint8Array.from(nodeCrypto.hash('sha256', spki).subarray(0, 20)).buffer
}
