import { equalBytes, toHex } from '../bytes.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import { cannotTell, combine, invalid, valid, verdictOf, type Verdict } from '../verdict.ts'
import { hashNameOf, signatureAlgorithmOf } from './algorithms.ts'
import { verifyAttributes } from './attributes.ts'
import { parseCertificate, type AuthorityCertificate } from './certificate.ts'
import { rawKey, verifyAuthority } from './path.ts'
import { parseToken, signerCertificate, type Token } from './token.ts'

export interface TokenVerification {
  readonly verdict: Verdict
  /** What the token says; there as soon as it can be parsed, to be believed only when the verdict is valid. */
  readonly genTime?: string
  readonly serial?: string
  readonly policy?: string
  /** Name of whoever signed, as its certificate says. */
  readonly authority?: string
}

export interface TokenExpectation {
  /** SHA-256 that the token must be over. */
  readonly imprint: Uint8Array
  /** DER certificates of trusted authorities; none at all means *can't tell*. */
  readonly roots: readonly Uint8Array[]
  /** DER certificates that may stand between, in addition to those in the token; not trusted. */
  readonly certificates?: readonly Uint8Array[]
  /** Nonce of the request, as the INTEGER's content bytes: checked when given. */
  readonly nonce?: Uint8Array
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
  const verdict = combine([
    statement,
    verifyAttributes(crypto, token, certificate),
    await verifySignature(crypto, token, certificate),
    await verifyAuthority(crypto, certificate, others, roots, Date.parse(genTime)),
  ])
  return { verdict, ...facts, authority: certificate.subjectText }
}

/** What the TSTInfo states against what was asked for. */
function statementVerdict(token: Token, { imprint, nonce }: TokenExpectation): Verdict {
  const { algorithm, hash } = token.imprint
  if (hashNameOf(algorithm) !== 'sha256' || !equalBytes(hash, imprint)) {
    return invalid('wrong-imprint', 'the token is over another digest', 'messageImprint')
  }
  if (nonce !== undefined && token.nonce !== toHex(nonce)) {
    return invalid('wrong-nonce', 'the token answers another request', 'nonce')
  }
  const { criticalExtensions } = token
  return criticalExtensions.length === 0
    ? valid
    : cannotTell(`a way to check the extension ${criticalExtensions.join(', ')}`)
}

async function verifySignature(
  crypto: EvidenceCrypto,
  { signer }: Token,
  certificate: AuthorityCertificate,
): Promise<Verdict> {
  const { signatureAlgorithm, digestAlgorithm, signedAttrs, signature } = signer
  const algorithm = signatureAlgorithmOf(
    signatureAlgorithm,
    certificate.parsed.subjectPublicKeyInfo,
    hashNameOf(digestAlgorithm.algorithmId),
  )
  const missing = cannotTell(`a way to check signatures of ${signatureAlgorithm.algorithmId}`)
  if (algorithm === undefined) return missing
  const answer = await crypto.verify(
    algorithm,
    rawKey(algorithm, certificate),
    // The attributes as they stand in the token, with the tag of a SET (RFC 5652 section 5.4).
    new Uint8Array(signedAttrs?.encodedValue ?? new ArrayBuffer(0)),
    new Uint8Array(signature.getValue()),
  )
  if (answer === 'cannot-tell') return missing
  return answer === 'valid'
    ? valid
    : invalid('bad-signature', "the authority's signature is not valid", 'signature')
}
