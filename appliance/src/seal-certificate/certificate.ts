import {
  EvidenceError,
  parseCertificate,
  sealRole,
  verifyPath,
  type AuthorityCertificate,
  type SignatureChecking,
} from '@probant/evidence'

/** A certificate with the path that it was judged by. */
export interface SealCertificate {
  readonly certificate: AuthorityCertificate
  /** The certificate, then its issuers below the root. */
  readonly chain: readonly AuthorityCertificate[]
  readonly root: AuthorityCertificate
  /** When all of the path is valid: what is signed outside of it would not verify. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

export type JudgedCertificate =
  | { readonly status: 'usable'; readonly seal: SealCertificate }
  /** `code` as in the verdicts of evidence, `unclear` where it can't be told. */
  | { readonly status: 'refused'; readonly code: string; readonly why: string }

const refused = (code: string, why: string) => ({ status: 'refused', code, why }) as const

/**
 * Judges a certificate for sealing as verifiers will (formats.md section 9): its purposes, its path to the root, all of it valid at
 * one time. Revocation is not looked up.
 * @param others the issuers that came with it, in any order; others beside them do no harm
 */
export async function judgeCertificate(
  checking: SignatureChecking,
  certificate: AuthorityCertificate,
  others: readonly AuthorityCertificate[],
  root: AuthorityCertificate,
  atMs: number,
): Promise<JudgedCertificate> {
  const candidates = { others, roots: [root] }
  const { verdict, path } = await verifyPath(checking, sealRole, certificate, candidates, atMs)
  if (verdict.status === 'invalid') return refused(verdict.code, verdict.what)
  if (verdict.status === 'cannot-tell')
    return refused('unclear', `what is missing is ${verdict.missing}`)
  if (path.length < 2) return refused('own-issuer', 'the certificate is its own issuer')
  return {
    status: 'usable',
    seal: {
      certificate,
      chain: path.slice(0, -1),
      root,
      notBeforeMs: Math.max(...path.map((each) => each.notBeforeMs)),
      notAfterMs: Math.min(...path.map((each) => each.notAfterMs)),
    },
  }
}

/** A stored chain, judged at the time at which all of it began to be valid. */
export async function judgeStored(
  checking: SignatureChecking,
  chain: readonly Uint8Array[],
  rootDer: Uint8Array,
): Promise<JudgedCertificate> {
  try {
    const [certificate, ...others] = chain.map(parseCertificate)
    const root = parseCertificate(rootDer)
    if (certificate === undefined) return refused('unclear', 'there is no certificate')
    const begun = [certificate, ...others, root].map((each) => each.notBeforeMs)
    return await judgeCertificate(checking, certificate, others, root, Math.max(...begun))
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    return refused('unclear', 'the certificates are unreadable')
  }
}
