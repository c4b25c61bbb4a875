import { Enumerated, fromBER } from 'asn1js'
import {
  CertificateRevocationList,
  IssuingDistributionPoint,
  type Extension,
  type RevokedCertificate,
  type Time,
} from 'pkijs'
import { equalBytes, toHex } from '../bytes.ts'
import type { SignatureChecking } from '../crypto.ts'
import { EvidenceError } from '../errors.ts'
import { urisOf } from '../x509/addresses.ts'
import type { AuthorityCertificate } from '../x509/certificate.ts'
import { contentOf } from '../x509/extension.ts'
import { verifyIssuedBy } from '../x509/signature.ts'

const id = {
  reasonCode: '2.5.29.21',
  issuingDistributionPoint: '2.5.29.28',
} as const

/** Stops a list made to fill the memory. */
const maximumBytes = 2 * 1024 * 1024

/** A certificate that its issuer's list names. */
export interface Revocation {
  readonly atMs: number
  /** CRLReason (RFC 5280 section 5.3.1); undefined where none is given. */
  readonly reason: number | undefined
}

/** A certificate revocation list (RFC 5280 section 5), taken apart; nothing is verified. */
export interface RevocationList {
  readonly issuer: Uint8Array
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number | undefined
  /** What it is limited to; undefined: nothing. */
  readonly scope: Scope | undefined
  readonly revoked: ReadonlyMap<string, Revocation>
  readonly parsed: CertificateRevocationList
}

interface Scope {
  readonly users: boolean
  readonly authorities: boolean
  /** URIs of the distribution point; empty: any. */
  readonly uris: readonly string[]
}

/**
 * A list from its DER. EvidenceError `malformed-revocation`; `unsupported-algorithm` for a delta, an indirect list or
 * one of some reasons only, which can't tell that a certificate is not revoked.
 */
export function parseRevocationList(der: Uint8Array): RevocationList {
  if (der.length > maximumBytes) throw malformed(`more than ${maximumBytes} bytes`)
  try {
    const parsed = CertificateRevocationList.fromBER(new Uint8Array(der))
    const extensions = parsed.crlExtensions?.extensions ?? []
    const unknown = extensions.find((each) => each.critical && !isUnderstood(each))
    if (unknown !== undefined) throw notUsable(`the extension ${unknown.extnID}`)
    const revoked = (parsed.revokedCertificates ?? []).map(
      (each) => [toHex(each.userCertificate.valueBlock.valueHexView), revocationOf(each)] as const,
    )
    const thisUpdateMs = timeOf(parsed.thisUpdate)
    return {
      issuer: new Uint8Array(parsed.issuer.valueBeforeDecode),
      thisUpdateMs,
      nextUpdateMs: parsed.nextUpdate && timeOf(parsed.nextUpdate),
      scope: scopeOf(extensions.find((each) => each.extnID === id.issuingDistributionPoint)),
      revoked: new Map(revoked),
      parsed,
    }
  } catch (cause) {
    if (cause instanceof EvidenceError) throw cause
    throw malformed('not one', cause)
  }
}

const timeOf = ({ value }: Time): number => value.getTime()

function isUnderstood({ extnID }: Extension): boolean {
  return extnID === id.issuingDistributionPoint
}

function revocationOf({ revocationDate, crlEntryExtensions }: RevokedCertificate): Revocation {
  const extensions = crlEntryExtensions?.extensions ?? []
  // The certificate issuer of an indirect list above all: whose certificate it is would be another question.
  const unknown = extensions.find((each) => each.critical && each.extnID !== id.reasonCode)
  if (unknown !== undefined) throw notUsable(`the extension ${unknown.extnID} of an entry`)
  const reason = extensions.find((each) => each.extnID === id.reasonCode)
  const value = reason && fromBER(contentOf(reason)).result
  return {
    atMs: timeOf(revocationDate),
    reason: value instanceof Enumerated ? value.valueBlock.valueDec : undefined,
  }
}

function scopeOf(extension: Extension | undefined): Scope | undefined {
  if (extension === undefined) return undefined
  const point = new IssuingDistributionPoint({ schema: fromBER(contentOf(extension)).result })
  if (point.indirectCRL || point.onlyContainsAttributeCerts || point.onlySomeReasons !== undefined)
    throw notUsable('a list of some certificates or reasons only')
  const { distributionPoint } = point
  const uris = urisOf(distributionPoint)
  if (distributionPoint !== undefined && uris.length === 0)
    throw notUsable('a distribution point without an address')
  return {
    users: !point.onlyContainsCACerts,
    authorities: !point.onlyContainsUserCerts,
    uris,
  }
}

/** Whether a list can speak about this certificate. */
export function concerns(
  { issuer, scope }: RevocationList,
  certificate: AuthorityCertificate,
): boolean {
  if (!equalBytes(issuer, certificate.issuer)) return false
  if (scope === undefined) return true
  const isOfKind = certificate.isAuthority ? scope.authorities : scope.users
  const named = certificate.revocationLists
  return isOfKind && (scope.uris.length === 0 || scope.uris.some((each) => named.includes(each)))
}

/** Whether the list is signed by that issuer, which may sign lists. */
export async function isSignedBy(
  checking: SignatureChecking,
  { parsed }: RevocationList,
  issuer: AuthorityCertificate,
): Promise<boolean> {
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.signsRevocationLists) return false
  return (await verifyIssuedBy(checking, parsed, issuer)) === 'valid'
}

function malformed(what: string, cause?: unknown): EvidenceError {
  return new EvidenceError('malformed-revocation', `certificate revocation list: ${what}`, {
    cause,
  })
}

function notUsable(what: string): EvidenceError {
  return new EvidenceError('unsupported-algorithm', `certificate revocation list with ${what}`)
}
