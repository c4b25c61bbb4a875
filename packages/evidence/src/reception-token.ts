import type { EvidenceCrypto } from './crypto.ts'
import { verifyToken, type TokenVerification } from './timestamp/verification.ts'

export interface ReceptionAnchors {
  /** DER certificates: roots of time-stamping authorities, the boxes' own among them. */
  readonly tsaRoots?: readonly Uint8Array[] | undefined
  /** DER certificates: roots of time-stamping authorities that are independent of the boxes. */
  readonly outsideTsaRoots?: readonly Uint8Array[] | undefined
  /** DER certificates that may stand between token and root; not trusted. */
  readonly tsaCertificates?: readonly Uint8Array[] | undefined
}

export interface ReceptionToken extends TokenVerification {
  /** Whether it is valid and leads to an authority that is independent of the boxes, and to none of the others. */
  readonly isIndependent: boolean
}

/**
 * Verifies the reception token of a batch (formats.md section 9): its root may be of either list, and which one it is decides whose word
 * the time is. One that leads to both is the box's claim.
 */
export async function verifyReceptionToken(
  crypto: EvidenceCrypto,
  token: Uint8Array,
  imprint: Uint8Array,
  { tsaRoots = [], outsideTsaRoots = [], tsaCertificates = [] }: ReceptionAnchors,
): Promise<ReceptionToken> {
  const under = (roots: readonly Uint8Array[]) =>
    verifyToken(crypto, token, { imprint, roots, certificates: tsaCertificates })
  const own = await under(tsaRoots)
  if (own.verdict.status === 'valid' || outsideTsaRoots.length === 0)
    return { ...own, isIndependent: false }
  const outside = await under(outsideTsaRoots)
  const isOfNone = own.verdict.status === 'invalid'
  if (outside.verdict.status === 'valid')
    return { ...outside, isIndependent: isOfNone || tsaRoots.length === 0 }
  // Without the boxes' roots, one that leads to none outside may be of a box.
  const isOpen = isOfNone && outside.verdict.status === 'cannot-tell'
  return { ...(isOpen ? outside : own), isIndependent: false }
}
