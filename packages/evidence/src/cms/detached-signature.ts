import type { SignerInfo } from 'pkijs'
import type { EvidenceCrypto } from '../crypto.ts'
import { EvidenceError } from '../errors.ts'
import { cannotTell, combine, verdictOf, type Verdict } from '../verdict.ts'
import { parseCertificate, type AuthorityCertificate } from '../x509/certificate.ts'
import { verifyPath } from '../x509/path.ts'
import { verifyAttributes } from './attributes.ts'
import { sealRole } from './seal-role.ts'
import { readSignedData, signerCertificate, type SignedDataKind } from './signed-data.ts'
import { verifySignerSignature } from './signer-signature.ts'

/** CMS content type of bytes that are nothing more particular (RFC 5652 section 4). */
const data = '1.2.840.113549.1.7.1'

const sealKind: SignedDataKind = {
  name: 'CMS signature',
  code: 'malformed-signature',
  maximumBytes: 256 * 1024,
}

/** A detached CMS signature, taken apart; nothing is verified. */
export interface DetachedSignature {
  readonly signer: SignerInfo
  /** As they stand in the CMS: the signer's is among them or not. */
  readonly certificates: readonly AuthorityCertificate[]
}

/** Takes a detached CMS signature apart. EvidenceError `malformed-signature`. */
export function parseDetachedSignature(der: Uint8Array): DetachedSignature {
  return readSignedData(der, sealKind, ({ contentType, content, signer, certificates }) => {
    if (contentType === data && content === undefined) return { signer, certificates }
    throw new EvidenceError('malformed-signature', 'CMS signature: not detached, or not over data')
  })
}

export interface SealExpectation {
  /** What must have been signed. */
  readonly content: Uint8Array
  /** DER certificates of trusted authorities; none at all means *can't tell*. */
  readonly roots: readonly Uint8Array[]
  /** When the certificates have to have been valid: POSIX milliseconds. */
  readonly atMs: number
}

export interface SealVerification {
  readonly verdict: Verdict
  /** Names in the signer's certificate: to be believed only when the verdict is valid. */
  readonly subject?: string
  readonly issuer?: string
  /** The signer's certificate, then its issuers up to the given root; empty when there is no such path. */
  readonly path: readonly AuthorityCertificate[]
}

/**
 * Verifies a detached CAdES-BES signature by a seal certificate (formats.md section 9): signed attributes with
 * signingCertificateV2, signature, certificate, path to a given root, all of it as of a given time. Revocation is not
 * checked. Never throws for what an attacker controls.
 */
export async function verifySeal(
  crypto: EvidenceCrypto,
  der: Uint8Array,
  { content, roots, atMs }: SealExpectation,
): Promise<SealVerification> {
  let signature: DetachedSignature
  let trusted: AuthorityCertificate[]
  try {
    signature = parseDetachedSignature(der)
    trusted = roots.map(parseCertificate)
  } catch (error) {
    return { verdict: verdictOf(error), path: [] }
  }
  const { signer, certificates } = signature
  const certificate = signerCertificate(signer, certificates)
  if (certificate === undefined) {
    return { verdict: cannotTell('the certificate of the seal'), path: [] }
  }
  const candidates = { others: certificates, roots: trusted }
  const { verdict, path } = await verifyPath(crypto, sealRole, certificate, candidates, atMs)
  return {
    verdict: combine([
      verifyAttributes(crypto, signer, { contentType: data, content }, certificate),
      await verifySignerSignature(crypto, signer, certificate),
      verdict,
    ]),
    subject: certificate.subjectText,
    issuer: certificate.issuerText,
    path,
  }
}
