import { toHex, utf8 } from '@probant/evidence'
import { attestation, type Attestation } from './attestation.ts'
import { domainDigest } from './domain-digest.ts'
import { integer, object, oneOf, origin } from './shape.ts'
import { decodeStrictly, encodeStrictly } from './strict-json.ts'

/** What a box that ships by file states of its machine, beside the segments of one export. */
export interface AttestationFile {
  origin: string
  /** Size in the receipt that the quote's nonce comes from; 0: from the enrolment. */
  over: number
  attestation: Attestation
}

/** As its name ends. */
export const ATTESTATION_FILE = '.attestation'
const FORMAT = 1

const nonceOf = (domain: string, given: string): string => toHex(domainDigest(domain, utf8(given)))

/**
 * The nonce that an audit receipt carries to a box without a route: nobody knows it before the centre signed.
 * @param note the receipt, with its signature
 * @returns 64 hex digits
 */
export const receiptNonce = (note: string): string => nonceOf('probant/attestation-nonce/v1', note)

/** The nonce before the first receipt. @param proof of the activation, which its secret alone gives */
export const enrolmentNonce = (proof: string): string =>
  nonceOf('probant/enrolment-nonce/v1', proof)

const reader = object<AttestationFile & { format: typeof FORMAT }>({
  format: oneOf(FORMAT),
  origin,
  over: integer(),
  attestation,
})
const what = 'attestation file'

export function formatAttestationFile(file: AttestationFile): Uint8Array {
  return encodeStrictly(reader, what, { format: FORMAT, ...file })
}

/** @throws ShippingError `malformed-message` */
export function parseAttestationFile(bytes: Uint8Array): AttestationFile {
  const { format: _known, ...file } = decodeStrictly(reader, what, bytes)
  return file
}
