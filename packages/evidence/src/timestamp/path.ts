import { equalBytes } from '../bytes.ts'
import type { SignatureChecking } from '../crypto.ts'
import { cannotTell, invalid, valid, type Verdict } from '../verdict.ts'
import { certificateAlgorithm, type AuthorityCertificate } from './certificate.ts'

const timeStamping = '1.3.6.1.5.5.7.3.8'
const anyPurpose = '2.5.29.37.0'
const maximumPathLength = 8
/** Enough for any honest set of cross-signed authorities; stops a set made to explode. */
const maximumSignatureChecks = 64

/**
 * Whether a time-stamping certificate leads to one of the given roots, all of it valid at that time (RFC 5280
 * section 6, RFC 3161 section 2.3). The clock of whoever verifies plays no part.
 *
 * @param others certificates found beside it, not trusted
 * @param roots trust anchors of whoever verifies
 */
export async function verifyAuthority(
  checking: SignatureChecking,
  certificate: AuthorityCertificate,
  others: readonly AuthorityCertificate[],
  roots: readonly AuthorityCertificate[],
  atMs: number,
): Promise<Verdict> {
  const own = ownVerdict(certificate, atMs)
  if (own.status === 'invalid') return own
  if (roots.length === 0) return cannotTell('a root of the time-stamping authority')
  const search = new PathSearch(checking, others, roots, atMs)
  const path = await search.from(certificate, [certificate])
  return path.status === 'valid' ? own : path
}

/** The certificate as a time-stamping one. */
function ownVerdict(certificate: AuthorityCertificate, atMs: number): Verdict {
  const { purposes, keyUsage } = certificate
  const onlyStamps = purposes?.ids.length === 1 && purposes.ids[0] === timeStamping
  if (!onlyStamps || !purposes.isCritical) {
    return refuse('wrong-purpose', 'is not meant for time-stamping alone', certificate)
  }
  if (keyUsage !== undefined && (!keyUsage.signsData || keyUsage.others)) {
    return refuse('wrong-purpose', 'has a key usage other than signing data', certificate)
  }
  return generalVerdict(certificate, atMs)
}

function generalVerdict(certificate: AuthorityCertificate, atMs: number): Verdict {
  if (atMs < certificate.notBeforeMs) {
    return refuse('not-yet-valid', 'was not valid yet at the time of the token', certificate)
  }
  if (atMs > certificate.notAfterMs) {
    return refuse('expired', 'had expired at the time of the token', certificate)
  }
  return certificate.notUnderstood.length === 0
    ? valid
    : cannotTell(`a way to check the extension ${certificate.notUnderstood.join(', ')}`)
}

/** An authority above a path that already holds `below` intermediate authorities. */
function issuerVerdict(issuer: AuthorityCertificate, below: number, atMs: number): Verdict {
  if (!issuer.isAuthority)
    return refuse('not-an-authority', 'is no certification authority', issuer)
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.signsCertificates) {
    return refuse('not-an-authority', 'may not sign certificates', issuer)
  }
  if (issuer.pathLength !== undefined && below > issuer.pathLength) {
    return refuse('path-too-long', 'allows fewer authorities below it', issuer)
  }
  const { purposes } = issuer
  if (purposes && !purposes.ids.some((each) => each === timeStamping || each === anyPurpose)) {
    return refuse('wrong-purpose', 'may not issue for time-stamping', issuer)
  }
  return generalVerdict(issuer, atMs)
}

/** Depth first through all issuers that fit by name; the best answer of all paths. */
class PathSearch {
  readonly #checking: SignatureChecking
  readonly #others: readonly AuthorityCertificate[]
  readonly #roots: readonly AuthorityCertificate[]
  readonly #atMs: number
  #checksLeft = maximumSignatureChecks

  constructor(
    checking: SignatureChecking,
    others: readonly AuthorityCertificate[],
    roots: readonly AuthorityCertificate[],
    atMs: number,
  ) {
    this.#checking = checking
    this.#others = others
    this.#roots = roots
    this.#atMs = atMs
  }

  async from(
    certificate: AuthorityCertificate,
    path: readonly AuthorityCertificate[],
  ): Promise<Verdict> {
    if (isAmong(certificate, this.#roots)) return valid
    let answer = refuse('untrusted-authority', 'leads to no given root', certificate)
    const issuers = [...this.#roots, ...this.#others].filter(
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
    const fits = issuerVerdict(issuer, path.length - 1, this.#atMs)
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
    const algorithm = certificateAlgorithm(certificate, issuer)
    const { tbsView, signatureValue, signatureAlgorithm } = certificate.parsed
    const missing = `a way to check certificates signed with ${signatureAlgorithm.algorithmId}`
    if (algorithm === undefined) return cannotTell(missing)
    const answer = await this.#checking.verify(
      algorithm,
      rawKey(algorithm, issuer),
      new Uint8Array(tbsView),
      new Uint8Array(signatureValue.valueBlock.valueHexView),
    )
    if (answer === 'cannot-tell') return cannotTell(missing)
    return answer === 'valid'
      ? valid
      : refuse('bad-signature', 'is not signed by its issuer', certificate)
  }
}

/** The key as SignatureChecking wants it: raw for Ed25519, else SPKI. */
export function rawKey(algorithm: string, { publicKey }: AuthorityCertificate): Uint8Array {
  return algorithm === 'ed25519' ? publicKey.slice(-32) : publicKey
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
