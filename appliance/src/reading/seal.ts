import { parseDetachedSignature, parseLat, sealBlocks, signerCertificate } from '@probant/evidence'

/** Whose seal an archive proof carries beside the box's signature. */
export interface SealNames {
  readonly subject: string
  readonly issuer: string
}

/** The names in the seal's certificate; null where there is no seal. Nothing is verified: that is what evidence bundles are for. */
export function sealOf(lat: Uint8Array): SealNames | null {
  const [block] = sealBlocks(parseLat(lat).blocks ?? [])
  if (block === undefined) return null
  const { signer, certificates } = parseDetachedSignature(block.cms)
  const certificate = signerCertificate(signer, certificates)
  if (certificate === undefined) return null
  return { subject: certificate.subjectText, issuer: certificate.issuerText }
}
