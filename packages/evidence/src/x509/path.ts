import { equalBytes } from '../bytes.ts'
import type { SignatureChecking } from '../crypto.ts'
import { cannotTell, invalid, valid, type Verdict } from '../verdict.ts'
import type { AuthorityCertificate } from './certificate.ts'
import { verifyIssuedBy } from './signature.ts'

const maximumPathLength = 8
/** Enough for any honest set of cross-signed authorities; stops a set made to explode. */
const maximumSignatureChecks = 64

/** What a certificate is used for: what it must be itself, and what its issuers may be limited to. */
export interface CertificateRole {
  /** What it signs, for sentences: "the time of the token". */
  readonly signs: string
  /** Whose root has to be given, for sentences. */
  readonly root: string
  /** Why this certificate can't have the role, as the end of a sentence; undefined when it can. */
  readonly refusal: (certificate: AuthorityCertificate) => string | undefined
  /** Whether an authority limited to these purposes may issue for the role. */
  readonly mayIssue: (purposes: readonly string[]) => boolean
}

/** Extended key usage that allows every purpose (RFC 5280 section 4.2.1.12). */
export const anyPurpose = '2.5.29.37.0'

export interface PathVerification {
  readonly verdict: Verdict
  /** The certificate, then its issuers up to the given root; empty unless such a path was found. */
  readonly path: readonly AuthorityCertificate[]
}

/** What a path is looked for among. */
export interface PathCandidates {
  /** Certificates found beside it, not trusted. */
  readonly others: readonly AuthorityCertificate[]
  /** Trust anchors of whoever verifies. */
  readonly roots: readonly AuthorityCertificate[]
}

/**
 * Whether a certificate of that role leads to one of the given roots, all of it valid at that time (RFC 5280
 * section 6). The clock of whoever verifies plays no part; revocation is not checked.
 */
export async function verifyPath(
  checking: SignatureChecking,
  role: CertificateRole,
  certificate: AuthorityCertificate,
  candidates: PathCandidates,
  atMs: number,
): Promise<PathVerification> {
  const refusal = role.refusal(certificate)
  const own =
    refusal === undefined
      ? generalVerdict(certificate, role, atMs)
      : refuse('wrong-purpose', refusal, certificate)
  if (own.status === 'invalid') return { verdict: own, path: [] }
  if (candidates.roots.length === 0) return { verdict: cannotTell(role.root), path: [] }
  const search = new PathSearch(checking, role, candidates, atMs)
  const verdict = await search.from(certificate, [certificate])
  return { verdict: verdict.status === 'valid' ? own : verdict, path: search.found }
}

function generalVerdict(
  certificate: AuthorityCertificate,
  { signs }: CertificateRole,
  atMs: number,
): Verdict {
  if (atMs < certificate.notBeforeMs) {
    return refuse('not-yet-valid', `was not valid yet at the time of the ${signs}`, certificate)
  }
  if (atMs > certificate.notAfterMs) {
    return refuse('expired', `had expired at the time of the ${signs}`, certificate)
  }
  return certificate.notUnderstood.length === 0
    ? valid
    : cannotTell(`a way to check the extension ${certificate.notUnderstood.join(', ')}`)
}

/** An authority above a path that already holds `below` intermediate authorities. */
function issuerVerdict(
  issuer: AuthorityCertificate,
  role: CertificateRole,
  below: number,
  atMs: number,
): Verdict {
  if (!issuer.isAuthority)
    return refuse('not-an-authority', 'is no certification authority', issuer)
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.signsCertificates) {
    return refuse('not-an-authority', 'may not sign certificates', issuer)
  }
  if (issuer.pathLength !== undefined && below > issuer.pathLength) {
    return refuse('path-too-long', 'allows fewer authorities below it', issuer)
  }
  if (issuer.purposes !== undefined && !role.mayIssue(issuer.purposes.ids)) {
    return refuse('wrong-purpose', `may not issue for what signs a ${role.signs}`, issuer)
  }
  return generalVerdict(issuer, role, atMs)
}

/** Depth first through all issuers that fit by name; the best answer of all paths. */
class PathSearch {
  readonly #checking: SignatureChecking
  readonly #role: CertificateRole
  readonly #candidates: PathCandidates
  readonly #atMs: number
  #checksLeft = maximumSignatureChecks
  /** The first whole path; empty until there is one. */
  found: readonly AuthorityCertificate[] = []

  constructor(
    checking: SignatureChecking,
    role: CertificateRole,
    candidates: PathCandidates,
    atMs: number,
  ) {
    this.#checking = checking
    this.#role = role
    this.#candidates = candidates
    this.#atMs = atMs
  }

  async from(
    certificate: AuthorityCertificate,
    path: readonly AuthorityCertificate[],
  ): Promise<Verdict> {
    const { roots, others } = this.#candidates
    if (isAmong(certificate, roots)) {
      this.found = path
      return valid
    }
    let answer = refuse('untrusted-authority', 'leads to no given root', certificate)
    const issuers = [...roots, ...others].filter(
      (each) => equalBytes(each.subject, certificate.issuer) && !isAmong(each, path),
    )
    for (const issuer of issuers) {
      const found = await this.#through(certificate, issuer, path)
      if (found.status === 'valid') return found
      answer = better(answer, found)
    }
    return answer
  }

  async #through(
    certificate: AuthorityCertificate,
    issuer: AuthorityCertificate,
    path: readonly AuthorityCertificate[],
  ): Promise<Verdict> {
    const fits = issuerVerdict(issuer, this.#role, path.length - 1, this.#atMs)
    if (fits.status === 'invalid') return fits
    if (path.length >= maximumPathLength || this.#checksLeft === 0) {
      return refuse('path-too-long', 'has too many issuers', certificate)
    }
    this.#checksLeft--
    const signed = await this.#signature(certificate, issuer)
    if (signed.status !== 'valid') return signed
    const above = await this.from(issuer, [...path, issuer])
    return above.status === 'valid' ? fits : above
  }

  async #signature(
    certificate: AuthorityCertificate,
    issuer: AuthorityCertificate,
  ): Promise<Verdict> {
    const { parsed } = certificate
    const answer = await verifyIssuedBy(this.#checking, parsed, issuer)
    if (answer === 'cannot-tell') {
      const { algorithmId } = parsed.signatureAlgorithm
      return cannotTell(`a way to check certificates signed with ${algorithmId}`)
    }
    return answer === 'valid'
      ? valid
      : refuse('bad-signature', 'is not signed by its issuer', certificate)
  }
}

function isAmong(
  certificate: AuthorityCertificate,
  list: readonly AuthorityCertificate[],
): boolean {
  return list.some((each) => equalBytes(each.der, certificate.der))
}

/** "Can't tell" says more than "leads nowhere"; a specific refusal says more than that too. */
function better(a: Verdict, b: Verdict): Verdict {
  if (a.status === 'cannot-tell') return a
  const isVague = a.status === 'invalid' && a.code === 'untrusted-authority'
  return isVague || b.status === 'cannot-tell' ? b : a
}

function refuse(code: string, what: string, certificate: AuthorityCertificate): Verdict {
  return invalid(
    code,
    `the certificate ${certificate.subjectText} ${what}`,
    certificate.subjectText,
  )
}
