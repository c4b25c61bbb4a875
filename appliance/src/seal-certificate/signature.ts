import { nodeCrypto } from '@probant/keys'
import {
  attribute,
  issuerAndSerialNumber,
  signedData,
  signingCertificateAttribute,
} from '../timestamping/cms-parts.ts'
import { objectIdentifier, octetString, sequence, setOf, time } from '../timestamping/der.ts'
import { OIDS } from '../timestamping/oids.ts'

/** The bytes to sign for a seal, and the seal once they are. */
export interface UnsignedSeal {
  /** The signed attributes as a SET (RFC 5652 section 5.4). */
  readonly toBeSigned: Uint8Array
  /** The detached CMS SignedData, DER. */
  finish(signature: Uint8Array): Uint8Array
}

/**
 * Detached CAdES-BES signatures (ETSI EN 319 122-1) by one certificate: everything but digest, time and signature is encoded once. The
 * certificate and its issuers below the root go into each; the root is for whoever verifies to know.
 */
export class SealTemplate {
  readonly #signingCertificate: Uint8Array
  readonly #certificates: Uint8Array
  readonly #signer: Uint8Array
  readonly #algorithm: Uint8Array

  /**
   * @param chain DER: the certificate, then its issuers below the root
   * @param algorithm of the signatures: AlgorithmIdentifier, DER
   */
  constructor(certificate: Uint8Array, chain: readonly Uint8Array[], algorithm: Uint8Array) {
    this.#algorithm = algorithm
    this.#signingCertificate = signingCertificateAttribute(certificate)
    this.#certificates = setOf(chain, 0xa0)
    this.#signer = issuerAndSerialNumber(certificate)
  }

  prepare(content: Uint8Array, signedAtMs: number): UnsignedSeal {
    const attributes = [
      contentTypeAttribute,
      attribute(OIDS.signingTime, time(signedAtMs)),
      attribute(OIDS.messageDigest, octetString(nodeCrypto.hash('sha256', content))),
      this.#signingCertificate,
    ]
    return {
      toBeSigned: setOf(attributes),
      finish: (signature) =>
        signedData({
          version: 1,
          content: detached,
          certificates: this.#certificates,
          signer: this.#signer,
          attributes,
          algorithm: this.#algorithm,
          signature,
        }),
    }
  }
}

const data = objectIdentifier(OIDS.data)
const detached = sequence(data)
const contentTypeAttribute = attribute(OIDS.contentType, data)
