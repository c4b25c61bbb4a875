import { Certificate } from 'pkijs'
import { nodeCrypto } from '@probant/keys'
import { element, integer, objectIdentifier, octetString, sequence, setOf } from './der.ts'
import { OIDS } from './oids.ts'

/** No parameters: RFC 5754 section 2. */
export const sha256 = sequence(objectIdentifier(OIDS.sha256))

/** One attribute with one value (RFC 5652 section 5.3, RFC 2986 section 4.1). */
export function attribute(type: string, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(type), setOf([value]))
}

/** Binds the certificate to the signature (RFC 5035 section 5.4.1); SHA-256 is the default and therefore not written. */
export function signingCertificateAttribute(certificate: Uint8Array): Buffer {
  const certificateId = sequence(octetString(nodeCrypto.hash('sha256', certificate)))
  return attribute(OIDS.signingCertificateV2, sequence(sequence(certificateId)))
}

export function issuerAndSerialNumber(certificate: Uint8Array): Buffer {
  const { issuer, serialNumber } = Certificate.fromBER(Uint8Array.from(certificate))
  return sequence(new Uint8Array(issuer.toSchema().toBER()), new Uint8Array(serialNumber.toBER()))
}

/** What SignedData by one signer is made of (RFC 5652 section 5.1). */
export interface SignedParts {
  /** 1 for content of type data, 3 for any other. */
  readonly version: 1 | 3
  /** EncapsulatedContentInfo, DER. */
  readonly content: Uint8Array
  /** SET of certificates under the tag [0], DER. */
  readonly certificates: Uint8Array
  /** IssuerAndSerialNumber, DER. */
  readonly signer: Uint8Array
  readonly attributes: readonly Uint8Array[]
  /** AlgorithmIdentifier of the signature, DER. */
  readonly algorithm: Uint8Array
  /** Over the attributes as a SET; ECDSA in DER. */
  readonly signature: Uint8Array
}

/** The whole ContentInfo, DER. */
export function signedData(parts: SignedParts): Buffer {
  const signerInfo = sequence(
    integer(1),
    parts.signer,
    sha256,
    setOf(parts.attributes, 0xa0),
    parts.algorithm,
    octetString(parts.signature),
  )
  const value = sequence(
    integer(parts.version),
    setOf([sha256]),
    parts.content,
    parts.certificates,
    setOf([signerInfo]),
  )
  return sequence(objectIdentifier(OIDS.signedData), element(0xa0, value))
}
