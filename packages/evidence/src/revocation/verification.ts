import type { SignatureChecking } from '../crypto.ts'
import { evidenceErrorOf } from '../errors.ts'
import { present } from '../present.ts'
import { cannotTell, combine, invalid, valid, type Verdict } from '../verdict.ts'
import type { AuthorityCertificate } from '../x509/certificate.ts'
import { concerns, isSignedBy, parseRevocationList, type RevocationList } from './list.ts'

/** What was fetched about revocation when a token was made. Not trusted: each part is signed by an issuer of the path. */
export interface RevocationData {
  /** Certificate revocation lists, DER. */
  readonly lists: readonly Uint8Array[]
}

/**
 * Reasons after which what was signed before stays good (RFC 3161 section 4): the affiliation changed, another certificate
 * took its place, the authority ended its work. After any other, or none, nobody knows who held the key before.
 */
const harmlessLater: ReadonlySet<number | undefined> = new Set([3, 4, 5])
const removeFromList = 8

/**
 * Whether no certificate of a path below its root was revoked at that time, by the lists given (RFC 5280 section 6.3). A list counts
 * when it concerns the certificate, is signed by its issuer and wasn't stale then. *Can't tell* where none does; a forged list never decides.
 */
export async function verifyRevocation(
  checking: SignatureChecking,
  path: readonly AuthorityCertificate[],
  { lists }: RevocationData,
  atMs: number,
): Promise<Verdict> {
  if (path.length === 0) return cannotTell('the path of the certificate')
  const readable = lists.flatMap(readList)
  const verdicts: Verdict[] = [valid]
  for (const [at, certificate] of path.slice(0, -1).entries()) {
    const issuer = present(path[at + 1])
    verdicts.push(await judge(checking, certificate, issuer, readable, atMs))
  }
  return combine(verdicts)
}

async function judge(
  checking: SignatureChecking,
  certificate: AuthorityCertificate,
  issuer: AuthorityCertificate,
  lists: readonly RevocationList[],
  atMs: number,
): Promise<Verdict> {
  let answer = cannotTell(`revocation data for the certificate ${certificate.subjectText}`)
  for (const list of lists) {
    const isStale = list.nextUpdateMs === undefined || list.nextUpdateMs < atMs
    if (isStale || !concerns(list, certificate)) continue
    if (!(await isSignedBy(checking, list, issuer))) continue
    const found = list.revoked.get(certificate.serial)
    if (found === undefined || found.reason === removeFromList) answer = valid
    else if (found.atMs > atMs && harmlessLater.has(found.reason)) answer = valid
    else {
      const what = `the certificate ${certificate.subjectText} was revoked at ${new Date(found.atMs).toISOString()}`
      return invalid('revoked', what, certificate.subjectText)
    }
  }
  return answer
}

function readList(der: Uint8Array): RevocationList[] {
  try {
    return [parseRevocationList(der)]
  } catch (error) {
    evidenceErrorOf(error)
    return []
  }
}
