import type { SignerInfo } from 'pkijs'
import type { SignatureChecking } from '../crypto.ts'
import { cannotTell, invalid, valid, type Verdict } from '../verdict.ts'
import { hashNameOf, signatureAlgorithmOf } from '../x509/algorithms.ts'
import type { AuthorityCertificate } from '../x509/certificate.ts'
import { rawKey } from '../x509/path.ts'

/** Whether the signed attributes carry a signature by the certificate's key (RFC 5652 section 5.4). */
export async function verifySignerSignature(
  checking: SignatureChecking,
  { signatureAlgorithm, digestAlgorithm, signedAttrs, signature }: SignerInfo,
  certificate: AuthorityCertificate,
): Promise<Verdict> {
  const algorithm = signatureAlgorithmOf(
    signatureAlgorithm,
    certificate.parsed.subjectPublicKeyInfo,
    hashNameOf(digestAlgorithm.algorithmId),
  )
  const missing = cannotTell(`a way to check signatures of ${signatureAlgorithm.algorithmId}`)
  if (algorithm === undefined) return missing
  const answer = await checking.verify(
    algorithm,
    rawKey(algorithm, certificate),
    // The attributes as they stand in the CMS, with the tag of a SET.
    new Uint8Array(signedAttrs?.encodedValue ?? new ArrayBuffer(0)),
    new Uint8Array(signature.getValue()),
  )
  if (answer === 'cannot-tell') return missing
  return answer === 'valid'
    ? valid
    : invalid(
        'bad-signature',
        `the signature by ${certificate.subjectText} is not valid`,
        'signature',
      )
}
