import { attribute } from '../timestamping/cms-parts.ts'
import {
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
} from '../timestamping/der.ts'
import { OIDS } from '../timestamping/oids.ts'

/** Who the certificate is asked for: an organisation, as its certification authority wants it named. */
export interface SealSubject {
  readonly commonName: string
  readonly organization?: string
  /** Registered number, such as `NTRFR-123456789` (ETSI EN 319 412-1 section 5.1.4). */
  readonly organizationIdentifier?: string
  readonly organizationalUnit?: string
  readonly locality?: string
  /** ISO 3166-1, two letters. */
  readonly country?: string
}

/** In the order from the widest to the narrowest, as authorities write them. */
const members = [
  ['country', OIDS.countryName],
  ['locality', OIDS.localityName],
  ['organization', OIDS.organizationName],
  ['organizationIdentifier', OIDS.organizationIdentifier],
  ['organizationalUnit', OIDS.organizationalUnitName],
  ['commonName', OIDS.commonName],
] as const

const UTF8_STRING = 0x0c
const PRINTABLE_STRING = 0x13

/**
 * A PKCS #10 request (RFC 2986) for a certificate that may sign data (digitalSignature, nonRepudiation), by one
 * signature of the key it is for. DER.
 * @param spki the key, DER
 * @param algorithm of its signatures: AlgorithmIdentifier, DER
 */
export async function certificationRequest(
  subject: SealSubject,
  spki: Uint8Array,
  algorithm: Uint8Array,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const info = sequence(
    integer(0),
    nameOf(subject),
    spki,
    setOf([attribute(OIDS.extensionRequest, sequence(keyUsage))], 0xa0),
  )
  const signature = element(0x03, Buffer.of(0), await sign(info))
  return sequence(info, algorithm, signature)
}

function nameOf(subject: SealSubject): Buffer {
  const names = members.flatMap(([member, oid]) => {
    const text = subject[member]
    if (text === undefined) return []
    // RFC 5280 appendix A: a country is a PrintableString.
    const tag = member === 'country' ? PRINTABLE_STRING : UTF8_STRING
    const value = element(tag, Buffer.from(text, 'utf8'))
    return [setOf([sequence(objectIdentifier(oid), value)])]
  })
  return sequence(...names)
}

/** Critical; the two highest bits, six unused. */
const keyUsage = sequence(
  objectIdentifier(OIDS.keyUsage),
  element(0x01, Buffer.of(0xff)),
  octetString(element(0x03, Buffer.of(6, 0b1100_0000))),
)
