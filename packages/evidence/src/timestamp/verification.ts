import { equalBytes, toHex } from '../bytes.ts'
import type { EvidenceCrypto, HashName } from '../crypto.ts'
import { cannotTell, combine, invalid, valid, verdictOf, type Verdict } from '../verdict.ts'
import { verifyAttributes } from '../cms/attributes.ts'
import { signerCertificate } from '../cms/signed-data.ts'
import { verifySignerSignature } from '../cms/signer-signature.ts'
import { hashNameOf } from '../x509/algorithms.ts'
import { parseCertificate, type AuthorityCertificate } from '../x509/certificate.ts'
import { verifyPath } from '../x509/path.ts'
import { timeStampingRole } from './authority.ts'
import { parseToken, tstInfo, type Token } from './token.ts'

export interface TokenVerification {
  readonly verdict: Verdict
  /** What the token says; there as soon as it can be parsed, to be believed only when the verdict is valid. */
  readonly genTime?: string
  readonly serial?: string
  readonly policy?: string
  /** Name of whoever signed, as its certificate says. */
  readonly authority?: string
  /** The signer's certificate, then its issuers up to the given root; empty or absent unless such a path was found. */
  readonly path?: readonly AuthorityCertificate[]
}

export interface TokenExpectation {
  /** Digest that the token must be over. */
  readonly imprint: Uint8Array
  /** Its algorithm; SHA-256 unless given. */
  readonly imprintAlgorithm?: HashName
  /** DER certificates of trusted authorities; none at all means *can't tell*. */
  readonly roots: readonly Uint8Array[]
  /** DER certificates that may stand between, in addition to those in the token; not trusted. */
  readonly certificates?: readonly Uint8Array[]
  /** Nonce of the request, as the INTEGER's content bytes: checked when given. */
  readonly nonce?: Uint8Array
  /** OIDs of accepted policies; none or absent: any. */
  readonly policies?: readonly string[]
}

/**
 * Verifies a time-stamp token (RFC 3161) as of its own genTime: imprint, signed attributes, signature, certificate,
 * path to a given root. Revocation is not checked. Never throws for what an attacker controls.
 */
export async function verifyToken(
  crypto: EvidenceCrypto,
  der: Uint8Array,
  expectation: TokenExpectation,
): Promise<TokenVerification> {
  let token: Token
  let roots: AuthorityCertificate[]
  let others: AuthorityCertificate[]
  try {
    token = parseToken(der)
    roots = expectation.roots.map(parseCertificate)
    others = [...token.certificates, ...(expectation.certificates ?? []).map(parseCertificate)]
  } catch (error) {
    return { verdict: verdictOf(error) }
  }
  const { genTime, serial, policy } = token
  const certificate = signerCertificate(token.signer, [...others, ...roots])
  const facts = { genTime, serial, policy }
  const statement = statementVerdict(token, expectation)
  if (certificate === undefined) {
    const missing = cannotTell('the certificate of the time-stamping authority')
    return { verdict: combine([statement, missing]), ...facts }
  }
  const content = { contentType: tstInfo, content: token.content }
  const atMs = Date.parse(genTime)
  const path = await verifyPath(crypto, timeStampingRole, certificate, { others, roots }, atMs)
  const verdict = combine([
    statement,
    verifyAttributes(crypto, token.signer, content, certificate),
    await verifySignerSignature(crypto, token.signer, certificate),
    path.verdict,
  ])
  return { verdict, ...facts, authority: certificate.subjectText, path: path.path }
}

/** What the TSTInfo states against what was asked for. */
function statementVerdict(
  token: Token,
  { imprint, imprintAlgorithm = 'sha256', nonce, policies = [] }: TokenExpectation,
): Verdict {
  const { algorithm, hash } = token.imprint
  if (hashNameOf(algorithm) !== imprintAlgorithm || !equalBytes(hash, imprint)) {
    return invalid('wrong-imprint', 'the token is over another digest', 'messageImprint')
  }
  if (nonce !== undefined && token.nonce !== toHex(nonce)) {
    return invalid('wrong-nonce', 'the token answers another request', 'nonce')
  }
  if (policies.length > 0 && !policies.includes(token.policy)) {
    return invalid('wrong-policy', `the token is under the policy ${token.policy}`, 'policy')
  }
  const { criticalExtensions } = token
  return criticalExtensions.length === 0
    ? valid
    : cannotTell(`a way to check the extension ${criticalExtensions.join(', ')}`)
}
