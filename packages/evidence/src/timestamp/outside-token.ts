import type { EvidenceCrypto, HashName } from '../crypto.ts'
import { verifyRevocation } from '../revocation/verification.ts'
import { cannotTell, combine, type Verdict } from '../verdict.ts'
import { signerCertificate } from '../cms/signed-data.ts'
import { hashNameOf, signatureAlgorithmOf } from '../x509/algorithms.ts'
import type { AuthorityCertificate } from '../x509/certificate.ts'
import { parseToken } from './token.ts'
import { verifyToken } from './verification.ts'

export interface OutsideTokenExpectation {
  readonly imprint: Uint8Array
  readonly imprintAlgorithm: HashName
  /** DER certificates of trusted authorities outside. */
  readonly roots: readonly Uint8Array[]
  /** DER certificates that may stand between; not trusted. */
  readonly certificates: readonly Uint8Array[]
  /** DER revocation lists; each counts only as far as an issuer of the path signed it. */
  readonly lists: readonly Uint8Array[]
}

/** A token of an authority outside, judged as of its own time. */
export interface OutsideToken {
  readonly verdict: Verdict
  /** RFC 3339; empty, as the next two, where it can't be read. */
  readonly time: string
  readonly authority: string
  /** OID. */
  readonly policy: string
  /** Whether the lists show that no certificate of it had been revoked. */
  readonly isRevocationChecked: boolean
  /** Until when the path found holds: the end of its first certificate to end. Undefined without a path. */
  readonly holdsUntilMs: number | undefined
  /** What it rests on: imprint, signed digest and signature, signatures of the path below the root. */
  readonly algorithms: readonly string[]
}

/**
 * Verifies a token of an authority outside: imprint, attributes, signature, path to a given root, revocation. One that only leads to no
 * given root is *can't tell*. Never throws for what an attacker controls.
 */
export async function verifyOutsideToken(
  crypto: EvidenceCrypto,
  token: Uint8Array,
  expectation: OutsideTokenExpectation,
): Promise<OutsideToken> {
  const { lists } = expectation
  const found = await verifyToken(crypto, token, expectation)
  const { verdict, path = [], genTime, authority, policy } = found
  // Wrong only under these roots, by whatever detail: of an authority that wasn't given, which whoever verifies just doesn't know.
  const isOfStranger =
    verdict.status === 'invalid' &&
    (await verifyToken(crypto, token, { ...expectation, roots: [] })).verdict.status !== 'invalid'
  const atMs = genTime === undefined ? 0 : Date.parse(genTime)
  const revocation = await verifyRevocation(crypto, path, { lists }, atMs)
  return {
    verdict: combine([
      isOfStranger ? cannotTell('a root of an authority outside (outside-tsa.pem)') : verdict,
      ...(revocation.status === 'invalid' ? [revocation] : []),
    ]),
    time: genTime ?? '',
    authority: authority ?? '',
    policy: policy ?? '',
    isRevocationChecked: revocation.status === 'valid',
    holdsUntilMs: path.length === 0 ? undefined : endOf(path),
    algorithms: path.length === 0 ? [] : tokenAlgorithms(token, path),
  }
}

/** When the first certificate of a path ends. */
export function endOf(path: readonly AuthorityCertificate[]): number {
  return Math.min(...path.map(({ notAfterMs }) => notAfterMs))
}

/** What a token rests on, by name, each once; only of one whose path was found, so that all of them are known. */
export function tokenAlgorithms(
  token: Uint8Array,
  path: readonly AuthorityCertificate[],
): string[] {
  const { imprint, signer } = parseToken(token)
  const certificate = signerCertificate(signer, path)
  const digest = hashNameOf(signer.digestAlgorithm.algorithmId)
  const signature =
    certificate &&
    signatureAlgorithmOf(signer.signatureAlgorithm, certificate.parsed.subjectPublicKeyInfo, digest)
  const issued = path.flatMap(({ parsed }, at) => {
    const issuer = path[at + 1]
    return issuer === undefined
      ? []
      : [signatureAlgorithmOf(parsed.signatureAlgorithm, issuer.parsed.subjectPublicKeyInfo)]
  })
  const all = [hashNameOf(imprint.algorithm), digest, signature, ...issued]
  return [...new Set(all.flatMap((each) => (each === undefined ? [] : [each])))]
}
