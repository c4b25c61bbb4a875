import type { SignerInfo } from 'pkijs'
import type { SignatureChecking } from '../crypto.ts'
import { cannotTell, invalid, valid, type Verdict } from '../verdict.ts'
import { hashNameOf } from '../x509/algorithms.ts'
import type { AuthorityCertificate } from '../x509/certificate.ts'
import { verifySignedBy } from '../x509/signature.ts'

/** Whether the signed attributes carry a signature by the certificate's key (RFC 5652 section 5.4). */
export async function verifySignerSignature(
  checking: SignatureChecking,
  { signatureAlgorithm, digestAlgorithm, signedAttrs, signature }: SignerInfo,
  certificate: AuthorityCertificate,
): Promise<Verdict> {
  const signed = {
    algorithm: signatureAlgorithm,
    digest: hashNameOf(digestAlgorithm.algorithmId),
    // The attributes as they stand in the CMS, with the tag of a SET.
    message: new Uint8Array(signedAttrs?.encodedValue ?? new ArrayBuffer(0)),
    signature: new Uint8Array(signature.getValue()),
  }
  const answer = await verifySignedBy(checking, signed, certificate)
  if (answer === 'cannot-tell')
    return cannotTell(`a way to check signatures of ${signatureAlgorithm.algorithmId}`)
  return answer === 'valid'
    ? valid
    : invalid(
        'bad-signature',
        `the signature by ${certificate.subjectText} is not valid`,
        'signature',
      )
}
