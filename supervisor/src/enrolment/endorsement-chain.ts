import { X509Certificate, type KeyObject } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SupervisorError } from '../errors.ts'

/** `tcg-kp-EKCertificate` (TCG EK Credential Profile, section 3.2.16). */
const ENDORSEMENT_PURPOSE = '2.23.133.8.1'
/** Certificates from a TPM to its maker's root. */
const LONGEST_CHAIN = 8

/**
 * The certificates of TPM makers that the centre trusts. Read at each enrolment, so that a maker added counts at once.
 * @throws SupervisorError `unusable-setting` when the folder or a file in it can't be read
 */
export async function readManufacturerRoots(folder: string): Promise<X509Certificate[]> {
  const roots: X509Certificate[] = []
  try {
    for (const name of (await readdir(folder)).sort()) {
      if (!/\.(pem|crt|cer|der)$/.test(name)) continue
      roots.push(...certificatesIn(await readFile(join(folder, name))))
    }
  } catch (cause) {
    const message = `the makers' certificates in ${folder} can't be read`
    throw new SupervisorError('unusable-setting', message, cause)
  }
  return roots
}

function certificatesIn(file: Buffer): X509Certificate[] {
  const blocks = file
    .toString('latin1')
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  return (blocks ?? [file]).map((one) => new X509Certificate(one))
}

/**
 * The endorsement key, if its certificate leads to a trusted maker by signatures that hold, of authorities, all valid now. Revocation
 * is not asked for: makers' lists are elsewhere on the network.
 * @param certificate DER, as the box's TPM gives it
 * @throws SupervisorError `enrolment`, saying what doesn't fit
 */
export function endorsedKey(
  certificate: Uint8Array,
  intermediates: readonly Uint8Array[],
  roots: readonly X509Certificate[],
  nowMs: number,
): KeyObject {
  const leaf = parsed(certificate, 'the endorsement certificate')
  if (leaf.ca) throw wrong('the endorsement certificate is one of an authority')
  // absent where the certificate names no purposes, whatever its type says
  const purposes: unknown = leaf.keyUsage
  if (!Array.isArray(purposes) || !purposes.includes(ENDORSEMENT_PURPOSE))
    throw wrong('the certificate is not one for an endorsement key')
  const given = intermediates.map((one) => parsed(one, 'an intermediate certificate'))
  mustBeValid(leaf, nowMs)
  let last = leaf
  for (let length = 1; length < LONGEST_CHAIN; length++) {
    const root = roots.find((one) => isIssuer(one, last))
    if (root !== undefined) {
      mustBeValid(root, nowMs)
      return leaf.publicKey
    }
    const next = given.find((one) => isIssuer(one, last))
    if (next === undefined) break
    mustBeValid(next, nowMs)
    last = next
  }
  throw wrong(
    `the endorsement certificate doesn't lead to a trusted maker; its chain ends at ${printable(last.issuer)}`,
  )
}

function isIssuer(issuer: X509Certificate, issued: X509Certificate): boolean {
  return issuer.ca && issued.checkIssued(issuer) && issued.verify(issuer.publicKey)
}

function mustBeValid(certificate: X509Certificate, nowMs: number): void {
  const { validFromDate, validToDate } = certificate
  if (nowMs < validFromDate.getTime() || nowMs > validToDate.getTime())
    throw wrong(`a certificate is not valid now: ${printable(certificate.subject)}`)
}

function parsed(der: Uint8Array, what: string): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw new SupervisorError('enrolment', `${what} can't be read`, cause)
  }
}

/** The box chose these words. */
function printable(name: string): string {
  return name
    .slice(0, 200)
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
}

function wrong(message: string): SupervisorError {
  return new SupervisorError('enrolment', message)
}
