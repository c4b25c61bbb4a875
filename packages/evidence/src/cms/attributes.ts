import { type BaseBlock, Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import type { SignerInfo } from 'pkijs'
import { equalBytes, toHex } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import { cannotTell, invalid, valid, type Verdict } from '../verdict.ts'
import { hashNameOf } from '../x509/algorithms.ts'
import type { AuthorityCertificate } from '../x509/certificate.ts'

const id = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const

/** What the attributes have to be about. */
export interface AttributedContent {
  /** OID of the content's type. */
  readonly contentType: string
  readonly content: Uint8Array
}

/**
 * Whether the signed attributes bind the signature to the content and to this certificate (RFC 5652 section 11,
 * RFC 5035 section 3).
 */
export function verifyAttributes(
  hashing: Hashing,
  signer: SignerInfo,
  { contentType, content }: AttributedContent,
  certificate: AuthorityCertificate,
): Verdict {
  const type = onlyValue(signer, id.contentType)
  if (!(type instanceof ObjectIdentifier) || oidOf(type) !== contentType) {
    return invalid('bad-attributes', 'the signature is over another type of content', 'contentType')
  }
  const digestOid = signer.digestAlgorithm.algorithmId
  const digest = hashNameOf(digestOid)
  if (digest === undefined) return cannotTell(`a way to compute the digest ${digestOid}`)
  const stated = onlyValue(signer, id.messageDigest)
  const computed = hashing.hash(digest, content)
  if (!(stated instanceof OctetString) || !equalBytes(bytesOf(stated), computed)) {
    return invalid('bad-attributes', 'the content is not what was signed', 'messageDigest')
  }
  return verifySigningCertificate(hashing, signer, certificate)
}

/** The first ESSCertIDv2 names the certificate, so that another with the same key can't be put in its place. */
function verifySigningCertificate(
  hashing: Hashing,
  signer: SignerInfo,
  certificate: AuthorityCertificate,
): Verdict {
  const attribute = onlyValue(signer, id.signingCertificateV2)
  if (attribute === undefined) {
    return onlyValue(signer, id.signingCertificate) === undefined
      ? invalid(
          'bad-attributes',
          'the signature does not name its certificate',
          'signingCertificateV2',
        )
      : cannotTell('a signing certificate attribute that does not rest on SHA-1')
  }
  const [certId] = itemsOf(itemsOf(attribute)[0])
  const parts = itemsOf(certId)
  // ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash OCTET STRING, issuerSerial OPTIONAL }
  const [first] = parts
  const named = first instanceof Sequence ? itemsOf(first)[0] : undefined
  const oid = named instanceof ObjectIdentifier ? oidOf(named) : undefined
  const stated = oid === undefined ? undefined : hashNameOf(oid)
  if (oid !== undefined && stated === undefined) {
    return cannotTell(`a way to compute the digest ${oid}`)
  }
  const hashName = first instanceof OctetString ? 'sha256' : stated
  const rest = first instanceof OctetString ? parts : parts.slice(1)
  const [certHash, issuerSerial] = rest
  const isNamed =
    hashName !== undefined &&
    certHash instanceof OctetString &&
    equalBytes(bytesOf(certHash), hashing.hash(hashName, certificate.der)) &&
    (issuerSerial === undefined || serialOf(issuerSerial) === certificate.serial)
  return isNamed
    ? valid
    : invalid('bad-attributes', 'the signature names another certificate', 'signingCertificateV2')
}

/** IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber INTEGER }; the hash binds the issuer already. */
function serialOf(issuerSerial: BaseBlock): string | undefined {
  const serial = itemsOf(issuerSerial)[1]
  return serial instanceof Integer ? toHex(serial.valueBlock.valueHexView) : undefined
}

/** The single value of an attribute that is there exactly once. */
function onlyValue(signer: SignerInfo, type: string): unknown {
  const found = (signer.signedAttrs?.attributes ?? []).filter((each) => each.type === type)
  const [attribute, ...more] = found
  const values: readonly unknown[] = attribute?.values ?? []
  return more.length === 0 && values.length === 1 ? values[0] : undefined
}

function itemsOf(block: unknown): readonly BaseBlock[] {
  return block instanceof Sequence ? block.valueBlock.value : []
}

function oidOf(block: ObjectIdentifier): string {
  return block.valueBlock.toString()
}

function bytesOf(block: OctetString): Uint8Array {
  return new Uint8Array(block.getValue())
}
