import { Certificate } from 'pkijs'
import { nodeCrypto } from '@probant/keys'
import {
  element,
  generalizedTime,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
} from './der.ts'
import { OIDS, POLICY_OID } from './oids.ts'

/** What one token states. */
export interface TokenStatement {
  readonly imprintSha256: Uint8Array
  /** Positive INTEGER, big-endian, at least 64 bits of it random. */
  readonly serial: Uint8Array
  readonly genTimeMs: number
}

/** The bytes to sign for a token, and the token once they are. */
export interface UnsignedToken {
  /** The signed attributes as a SET (RFC 5652 section 5.4). */
  readonly toBeSigned: Uint8Array
  /** The TimeStampToken, DER, with an ECDSA signature in DER. */
  finish(signature: Uint8Array): Uint8Array
}

/**
 * Tokens of one authority (RFC 3161 section 2.4.2 in CMS, RFC 5652 and RFC 5816): everything but imprint, serial, time and signature is
 * encoded once.
 */
export class TokenTemplate {
  readonly #accuracy: Uint8Array
  readonly #signingCertificate: Uint8Array
  readonly #certificates: Uint8Array
  readonly #signer: Uint8Array

  /**
   * @param tsa the authority's certificate, DER
   * @param root its issuer's, DER; both go into every token
   * @param accuracySeconds how far `genTime` may be from UTC as the box knows it
   */
  constructor(tsa: Uint8Array, root: Uint8Array, accuracySeconds: number) {
    this.#accuracy = sequence(integer(accuracySeconds))
    this.#signingCertificate = signingCertificateAttribute(tsa)
    this.#certificates = setOf([tsa, root], 0xa0)
    this.#signer = issuerAndSerialNumber(tsa)
  }

  prepare(statement: TokenStatement): UnsignedToken {
    const info = sequence(
      integer(1),
      policy,
      sequence(sha256, octetString(statement.imprintSha256)),
      integer(...statement.serial),
      generalizedTime(statement.genTimeMs),
      this.#accuracy,
    )
    const attributes = [
      contentTypeAttribute,
      attribute(OIDS.messageDigest, octetString(nodeCrypto.hash('sha256', info))),
      this.#signingCertificate,
    ]
    return {
      toBeSigned: setOf(attributes),
      finish: (signature) => this.#signedData(info, attributes, signature),
    }
  }

  #signedData(
    info: Uint8Array,
    attributes: readonly Uint8Array[],
    signature: Uint8Array,
  ): Uint8Array {
    const signerInfo = sequence(
      integer(1),
      this.#signer,
      sha256,
      setOf(attributes, 0xa0),
      ecdsaWithSha256,
      octetString(signature),
    )
    const signedData = sequence(
      // version 3: the content isn't of type data (RFC 5652 section 5.1)
      integer(3),
      setOf([sha256]),
      sequence(tstInfo, element(0xa0, octetString(info))),
      this.#certificates,
      setOf([signerInfo]),
    )
    return sequence(objectIdentifier(OIDS.signedData), element(0xa0, signedData))
  }
}

const policy = objectIdentifier(POLICY_OID)
const tstInfo = objectIdentifier(OIDS.tstInfo)
/** No parameters: RFC 5754 section 2 and RFC 5758 section 3.2. */
const sha256 = sequence(objectIdentifier(OIDS.sha256))
const ecdsaWithSha256 = sequence(objectIdentifier(OIDS.ecdsaWithSha256))
const contentTypeAttribute = attribute(OIDS.contentType, tstInfo)

function attribute(type: string, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(type), setOf([value]))
}

/** Binds the certificate to the signature (RFC 5035 section 5.4.1); SHA-256 is the default and therefore not written. */
function signingCertificateAttribute(tsa: Uint8Array): Buffer {
  const certificateId = sequence(octetString(nodeCrypto.hash('sha256', tsa)))
  return attribute(OIDS.signingCertificateV2, sequence(sequence(certificateId)))
}

function issuerAndSerialNumber(tsa: Uint8Array): Buffer {
  const { issuer, serialNumber } = Certificate.fromBER(Uint8Array.from(tsa))
  return sequence(new Uint8Array(issuer.toSchema().toBER()), new Uint8Array(serialNumber.toBER()))
}
