import { createHash } from 'node:crypto'
import {
  canonicalBytes,
  concat,
  EvidenceError,
  lengthPrefixed,
  parseCanonical,
  toHex,
  utf8,
  type JsonValue,
} from '@probant/evidence'
import { ShippingError } from './errors.ts'
import { decodeMessage, encodeMessage, type Attestation } from './messages.ts'

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

const nonceOf = (domain: string, given: string): string =>
  toHex(
    createHash('sha256')
      .update(concat(lengthPrefixed(utf8(domain)), utf8(given)))
      .digest(),
  )

/**
 * The nonce that an audit receipt carries to a box without a route: nobody knows it before the centre signed.
 * @param note the receipt, with its signature
 * @returns 64 hex digits
 */
export const receiptNonce = (note: string): string => nonceOf('probant/attestation-nonce/v1', note)

/** The nonce before the first receipt. @param proof of the activation, which its secret alone gives */
export const enrolmentNonce = (proof: string): string =>
  nonceOf('probant/enrolment-nonce/v1', proof)

export function formatAttestationFile({ origin, over, attestation }: AttestationFile): Uint8Array {
  const message = parseCanonical(encodeMessage('attestation', attestation))
  return canonicalBytes({ format: FORMAT, origin, over, attestation: message })
}

/** @throws ShippingError `malformed-message` */
export function parseAttestationFile(bytes: Uint8Array): AttestationFile {
  const { format, origin, over, attestation } = membersOf(bytes)
  const isOne =
    format === FORMAT &&
    typeof origin === 'string' &&
    typeof over === 'number' &&
    attestation !== undefined
  if (!isOne) throw new ShippingError('malformed-message', 'no attestation file of format 1')
  return { origin, over, attestation: decodeMessage('attestation', canonicalBytes(attestation)) }
}

function membersOf(bytes: Uint8Array): Partial<Record<string, JsonValue>> {
  try {
    const value = parseCanonical(bytes)
    const isObject = value !== null && typeof value === 'object'
    return isObject ? Object.fromEntries(Object.entries(value)) : {}
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause
    throw new ShippingError('malformed-message', `an attestation file: ${cause.message}`, { cause })
  }
}
