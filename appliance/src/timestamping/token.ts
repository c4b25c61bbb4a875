import { nodeCrypto } from '@probant/keys'
import {
  attribute,
  issuerAndSerialNumber,
  sha256,
  signedData,
  signingCertificateAttribute,
} from './cms-parts.ts'
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
  /** The TimeStampToken, DER. */
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
  readonly #algorithm: Uint8Array

  /**
   * @param tsa the authority's certificate, DER
   * @param root its issuer's, DER; both go into every token
   * @param algorithm of the authority's signatures: AlgorithmIdentifier, DER
   * @param accuracySeconds how far `genTime` may be from UTC as the box knows it
   */
  constructor(tsa: Uint8Array, root: Uint8Array, algorithm: Uint8Array, accuracySeconds: number) {
    this.#algorithm = algorithm
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
      finish: (signature) =>
        signedData({
          // The content isn't of type data (RFC 5652 section 5.1).
          version: 3,
          content: sequence(tstInfo, element(0xa0, octetString(info))),
          certificates: this.#certificates,
          signer: this.#signer,
          attributes,
          algorithm: this.#algorithm,
          signature,
        }),
    }
  }
}

const policy = objectIdentifier(POLICY_OID)
const tstInfo = objectIdentifier(OIDS.tstInfo)
const contentTypeAttribute = attribute(OIDS.contentType, tstInfo)
