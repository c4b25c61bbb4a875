import { fromBER, Primitive } from 'asn1js'
import {
  Certificate,
  ContentInfo,
  IssuerAndSerialNumber,
  SignedData,
  TSTInfo,
  type SignerInfo,
} from 'pkijs'
import { toHex } from '../bytes.ts'
import { EvidenceError } from '../errors.ts'
import { readCertificate, type AuthorityCertificate } from './certificate.ts'

const id = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
} as const

/** More is no time-stamp token. */
const maximumTokenBytes = 256 * 1024

/** An RFC 3161 TimeStampToken, taken apart; nothing is verified. */
export interface Token {
  /** RFC 3339, UTC, milliseconds. */
  readonly genTime: string
  /** Hex. */
  readonly serial: string
  /** OID. */
  readonly policy: string
  readonly imprint: { readonly algorithm: string; readonly hash: Uint8Array }
  /** Hex of the INTEGER, where there is one. */
  readonly nonce: string | undefined
  /** Critical extensions of the TSTInfo, none of which we know. */
  readonly criticalExtensions: readonly string[]
  /** DER of the TSTInfo: what is signed by way of the messageDigest attribute. */
  readonly content: Uint8Array
  readonly signer: SignerInfo
  readonly certificates: readonly AuthorityCertificate[]
}

/** Takes a token apart. EvidenceError `malformed-token`, whatever an attacker put into the DER. */
export function parseToken(der: Uint8Array): Token {
  if (der.length > maximumTokenBytes) throw malformed('more than 256 KiB')
  try {
    return readToken(der)
  } catch (cause) {
    if (cause instanceof EvidenceError) throw cause
    // pkijs and asn1js throw many things; the deepest nesting overflows their recursion.
    throw malformed('not a time-stamp token', cause)
  }
}

function readToken(der: Uint8Array): Token {
  const outer = fromBER(der)
  if (outer.offset !== der.length) throw malformed('not one DER value')
  const contentInfo = new ContentInfo({ schema: outer.result })
  if (contentInfo.contentType !== id.signedData) throw malformed('not CMS signed data')
  const signed = new SignedData({ schema: contentInfo.content })
  const { eContentType, eContent } = signed.encapContentInfo
  if (eContentType !== id.tstInfo || eContent === undefined) throw malformed('no TSTInfo inside')
  const [signer, ...more] = signed.signerInfos
  // RFC 3161 section 2.4.2: the TSA's is the only signature.
  if (signer === undefined || more.length > 0) throw malformed('not exactly one signer')
  const content = new Uint8Array(eContent.getValue())
  const info = TSTInfo.fromBER(content)
  if (info.version !== 1) throw malformed(`TSTInfo of version ${info.version}`)
  return {
    genTime: info.genTime.toISOString(),
    serial: toHex(info.serialNumber.valueBlock.valueHexView),
    policy: info.policy,
    imprint: {
      algorithm: info.messageImprint.hashAlgorithm.algorithmId,
      hash: new Uint8Array(info.messageImprint.hashedMessage.valueBlock.valueHexView),
    },
    nonce: info.nonce && toHex(info.nonce.valueBlock.valueHexView),
    criticalExtensions: (info.extensions ?? [])
      .filter((each) => each.critical)
      .map((each) => each.extnID),
    content,
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

function malformed(what: string, cause?: unknown): EvidenceError {
  return new EvidenceError('malformed-token', `time-stamp token: ${what}`, { cause })
}
