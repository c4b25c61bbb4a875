import {
  EvidenceError,
  parseCertificate,
  parseDetachedSignature,
  signerCertificate,
  type AuthorityCertificate,
} from '@probant/evidence'

/** Names in a seal's certificate, for people. */
export interface SealNames {
  readonly subject: string
  readonly issuer: string
}

/** A certificate of this box, in use or not. */
export interface KnownCertificate {
  readonly der: Buffer
  readonly names: SealNames
}

/** None where it can't be read. */
export function knownCertificate(der: Uint8Array | undefined): KnownCertificate[] {
  try {
    return der === undefined
      ? []
      : [{ der: Buffer.from(der), names: namesOf(parseCertificate(der)) }]
  } catch (error) {
    if (error instanceof EvidenceError) return []
    throw error
  }
}

/** Whom a seal names: by the known certificate whose bytes it holds, since taking CMS apart takes milliseconds, of each deposit. */
export function namesIn(cms: Uint8Array, known: readonly KnownCertificate[]): SealNames {
  const bytes = Buffer.from(cms.buffer, cms.byteOffset, cms.byteLength)
  const found = known.find(({ der }) => bytes.includes(der))
  if (found !== undefined) return found.names
  const { signer, certificates } = parseDetachedSignature(cms)
  const certificate = signerCertificate(signer, certificates)
  return certificate === undefined ? { subject: '', issuer: '' } : namesOf(certificate)
}

const namesOf = ({ subjectText, issuerText }: AuthorityCertificate): SealNames => ({
  subject: subjectText,
  issuer: issuerText,
})
