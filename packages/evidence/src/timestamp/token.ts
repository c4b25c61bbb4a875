import { TSTInfo, type SignerInfo } from 'pkijs'
import { toHex } from '../bytes.ts'
import { readSignedData, type SignedDataKind } from '../cms/signed-data.ts'
import { EvidenceError } from '../errors.ts'
import type { AuthorityCertificate } from '../x509/certificate.ts'

/** Type of what a token signs. */
export const tstInfo = '1.2.840.113549.1.9.16.1.4'

const tokenKind: SignedDataKind = {
  name: 'time-stamp token',
  code: 'malformed-token',
  maximumBytes: 256 * 1024,
}

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
  return readSignedData(der, tokenKind, ({ contentType, content, signer, certificates }) => {
    if (contentType !== tstInfo || content === undefined) throw malformed('no TSTInfo inside')
    const info = TSTInfo.fromBER(new Uint8Array(content))
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
      certificates,
    }
  })
}

function malformed(what: string): EvidenceError {
  return new EvidenceError('malformed-token', `time-stamp token: ${what}`)
}
