import type { AlgorithmIdentifier, Certificate, CertificateRevocationList } from 'pkijs'
import { equalBytes } from '../bytes.ts'
import type { Answer, HashName, SignatureChecking } from '../crypto.ts'
import { signatureAlgorithmOf } from './algorithms.ts'
import type { AuthorityCertificate } from './certificate.ts'

/** A signature as CMS, certificates and revocation lists hold it. */
interface Signed {
  readonly algorithm: AlgorithmIdentifier
  /** The digest named beside it, for the CMS algorithms that name none. */
  readonly digest?: HashName | undefined
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/** Whether it is by the certificate's key; *can't tell* where the algorithm isn't known or doesn't fit the key. */
export async function verifySignedBy(
  checking: SignatureChecking,
  { algorithm, digest, message, signature }: Signed,
  { parsed, publicKey }: AuthorityCertificate,
): Promise<Answer> {
  const name = signatureAlgorithmOf(algorithm, parsed.subjectPublicKeyInfo, digest)
  if (name === undefined) return 'cannot-tell'
  // As SignatureChecking wants it: raw for Ed25519, else SPKI.
  const key = name === 'ed25519' ? publicKey.slice(-32) : publicKey
  return checking.verify(name, key, message, signature)
}

/** Whether a certificate or a revocation list is signed by its issuer. */
export async function verifyIssuedBy(
  checking: SignatureChecking,
  issued: Certificate | CertificateRevocationList,
  issuer: AuthorityCertificate,
): Promise<Answer> {
  const { signature, signatureAlgorithm: algorithm, signatureValue, tbsView } = issued
  // RFC 5280 sections 4.1.1.2 and 5.1.1.2: the signed and the unsigned naming of the algorithm are the same.
  const inner = new Uint8Array(signature.toSchema().toBER(false))
  const outer = new Uint8Array(algorithm.toSchema().toBER(false))
  if (!equalBytes(inner, outer)) return 'cannot-tell'
  const signed = {
    algorithm,
    message: new Uint8Array(tbsView),
    signature: new Uint8Array(signatureValue.valueBlock.valueHexView),
  }
  return verifySignedBy(checking, signed, issuer)
}
