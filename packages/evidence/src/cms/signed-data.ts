import { fromBER, Primitive } from 'asn1js'
import { Certificate, ContentInfo, IssuerAndSerialNumber, SignedData, type SignerInfo } from 'pkijs'
import { toHex } from '../bytes.ts'
import type { EvidenceErrorCode } from '../errors.ts'
import { EvidenceError } from '../errors.ts'
import { readCertificate, type AuthorityCertificate } from '../x509/certificate.ts'

const signedData = '1.2.840.113549.1.7.2'

/** CMS SignedData (RFC 5652 section 5) with one signer, taken apart; nothing is verified. */
export interface SignedContent {
  /** OID of what is signed. */
  readonly contentType: string
  /** Undefined in a detached signature. */
  readonly content: Uint8Array | undefined
  readonly signer: SignerInfo
  readonly certificates: readonly AuthorityCertificate[]
}

/** What is being read, for its errors and limits. */
export interface SignedDataKind {
  readonly name: string
  readonly code: EvidenceErrorCode
  readonly maximumBytes: number
}

/** Takes a CMS value apart. EvidenceError of the kind's code, whatever an attacker put into the DER. */
export function readSignedData<T>(
  der: Uint8Array,
  { name, code, maximumBytes }: SignedDataKind,
  read: (signed: SignedContent) => T,
): T {
  const malformed = (what: string, cause?: unknown) =>
    new EvidenceError(code, `${name}: ${what}`, { cause })
  if (der.length > maximumBytes) throw malformed(`more than ${maximumBytes} bytes`)
  try {
    return read(takeApart(der, malformed))
  } catch (cause) {
    if (cause instanceof EvidenceError) throw cause
    // pkijs and asn1js throw many things; the deepest nesting overflows their recursion.
    throw malformed(`not a ${name}`, cause)
  }
}

function takeApart(der: Uint8Array, malformed: (what: string) => EvidenceError): SignedContent {
  const outer = fromBER(der)
  if (outer.offset !== der.length) throw malformed('not one DER value')
  const contentInfo = new ContentInfo({ schema: outer.result })
  if (contentInfo.contentType !== signedData) throw malformed('not CMS signed data')
  const signed = new SignedData({ schema: contentInfo.content })
  const { eContentType, eContent } = signed.encapContentInfo
  const [signer, ...more] = signed.signerInfos
  if (signer === undefined || more.length > 0) throw malformed('not exactly one signer')
  return {
    contentType: eContentType,
    content: eContent && new Uint8Array(eContent.getValue()),
    signer,
    certificates: (signed.certificates ?? [])
      .filter((each) => each instanceof Certificate)
      .map(readCertificate),
  }
}

/** Which of the certificates is the signer's, by what the SignerInfo says; not authenticated by that. */
export function signerCertificate(
  signer: SignerInfo,
  certificates: readonly AuthorityCertificate[],
): AuthorityCertificate | undefined {
  const sid: unknown = signer.sid
  if (sid instanceof IssuerAndSerialNumber) {
    const issuer = toHex(new Uint8Array(sid.issuer.valueBeforeDecode))
    const serial = toHex(sid.serialNumber.valueBlock.valueHexView)
    return certificates.find((each) => each.serial === serial && toHex(each.issuer) === issuer)
  }
  if (!(sid instanceof Primitive)) return undefined
  const keyId = toHex(sid.valueBlock.valueHexView)
  return certificates.find((each) => each.subjectKeyId && toHex(each.subjectKeyId) === keyId)
}
