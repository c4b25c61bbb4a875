import { BitString, fromBER, Integer } from 'asn1js'
import {
  BasicConstraints,
  Certificate,
  CertificatePolicies,
  ExtKeyUsage,
  type Extension,
} from 'pkijs'
import { toHex } from '../bytes.ts'
import { EvidenceError } from '../errors.ts'
import { revocationListsIn } from './addresses.ts'
import { contentOf } from './extension.ts'

const id = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
} as const

/** What a critical extension may be without making the certificate one that we can't judge. */
const understood: readonly string[] = Object.values(id)

/** A certificate, reduced to what path validation (RFC 5280 section 6) needs. */
export interface AuthorityCertificate {
  readonly der: Uint8Array
  /** DER of the subject and the issuer: names are compared by bytes. */
  readonly subject: Uint8Array
  readonly issuer: Uint8Array
  /** For people. */
  readonly subjectText: string
  readonly issuerText: string
  /** Hex of the serial number's INTEGER content. */
  readonly serial: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly publicKey: Uint8Array
  readonly subjectKeyId: Uint8Array | undefined
  readonly isAuthority: boolean
  /** How many authorities may follow below it. */
  readonly pathLength: number | undefined
  /** Undefined when the extension is absent. */
  readonly keyUsage: KeyUsage | undefined
  readonly purposes: { readonly ids: readonly string[]; readonly isCritical: boolean } | undefined
  /** OIDs of the policies under which it was issued. */
  readonly policies: readonly string[]
  /** URIs of the lists in which its issuer says whether it was revoked. */
  readonly revocationLists: readonly string[]
  /** Critical extensions that we don't understand. */
  readonly notUnderstood: readonly string[]
  /** The parsed certificate, for what it signs and is signed with. */
  readonly parsed: Certificate
}

/** RFC 5280 section 4.2.1.3. */
export interface KeyUsage {
  readonly signsData: boolean
  readonly signsCertificates: boolean
  readonly signsRevocationLists: boolean
  /** Anything other than digitalSignature and nonRepudiation. */
  readonly others: boolean
}

/** A certificate from its DER. EvidenceError `malformed-token`. */
export function parseCertificate(der: Uint8Array): AuthorityCertificate {
  try {
    return readCertificate(Certificate.fromBER(new Uint8Array(der)))
  } catch (cause) {
    throw new EvidenceError('malformed-token', 'not an X.509 certificate', { cause })
  }
}

/** Reads what pkijs parsed. May throw anything on bad input: callers turn it into their own error. */
export function readCertificate(parsed: Certificate): AuthorityCertificate {
  const extensions = parsed.extensions ?? []
  if (new Set(extensions.map((each) => each.extnID)).size !== extensions.length) {
    throw new EvidenceError('malformed-token', 'an extension that is there twice')
  }
  const find = (oid: string): Extension | undefined =>
    extensions.find((each) => each.extnID === oid)
  const constraints = find(id.basicConstraints)
  const basic = constraints && BasicConstraints.fromBER(contentOf(constraints))
  const purposes = find(id.extendedKeyUsage)
  const policies = find(id.certificatePolicies)
  return {
    der: new Uint8Array(parsed.toSchema(false).toBER(false)),
    subject: new Uint8Array(parsed.subject.valueBeforeDecode),
    issuer: new Uint8Array(parsed.issuer.valueBeforeDecode),
    subjectText: nameText(parsed.subject),
    issuerText: nameText(parsed.issuer),
    serial: toHex(new Uint8Array(parsed.serialNumber.valueBlock.valueHexView)),
    notBeforeMs: parsed.notBefore.value.getTime(),
    notAfterMs: parsed.notAfter.value.getTime(),
    publicKey: new Uint8Array(parsed.subjectPublicKeyInfo.toSchema().toBER(false)),
    subjectKeyId: readKeyId(find(id.subjectKeyIdentifier)),
    isAuthority: basic?.cA ?? false,
    pathLength: readPathLength(basic),
    keyUsage: readKeyUsage(find(id.keyUsage)),
    purposes: purposes && {
      ids: ExtKeyUsage.fromBER(contentOf(purposes)).keyPurposes,
      isCritical: purposes.critical,
    },
    policies:
      policies === undefined
        ? []
        : CertificatePolicies.fromBER(contentOf(policies)).certificatePolicies.map(
            (each) => each.policyIdentifier,
          ),
    revocationLists: revocationListsIn(extensions),
    notUnderstood: extensions
      .filter((each) => each.critical && !understood.includes(each.extnID))
      .map((each) => each.extnID),
    parsed,
  }
}

function readPathLength(basic: BasicConstraints | undefined): number | undefined {
  const length = basic?.pathLenConstraint
  return length instanceof Integer ? Number(length.toBigInt()) : length
}

function readKeyUsage(extension: Extension | undefined): KeyUsage | undefined {
  if (extension === undefined) return undefined
  const bits = fromBER(contentOf(extension)).result
  if (!(bits instanceof BitString)) throw new EvidenceError('malformed-token', 'a key usage')
  const [first = 0, second = 0] = bits.valueBlock.valueHexView
  const others = (first & 0b0011_1111) !== 0 || second !== 0
  return {
    signsData: (first & 0b1100_0000) !== 0,
    signsCertificates: (first & 4) !== 0,
    signsRevocationLists: (first & 2) !== 0,
    others,
  }
}

function readKeyId(extension: Extension | undefined): Uint8Array | undefined {
  // OCTET STRING inside the extension's OCTET STRING: tag, length below 128, bytes.
  return extension === undefined ? undefined : contentOf(extension).slice(2)
}

/** Whoever wrote a name may have meant it to draw over what a reader sees: nothing in it moves the cursor or the text. */
function nameText({ typesAndValues }: Certificate['subject']): string {
  return typesAndValues
    .map(({ type, value }) => `${shortNames.get(type) ?? type}=${value.valueBlock.value}`)
    .join(', ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

const shortNames: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.97', 'organizationIdentifier'],
])
