import { toBase64 } from './bytes.ts'
import { parseOpening, type Opening } from './commitment.ts'
import { canonicalBytes, parseCanonical, type JsonObject } from './jcs.ts'
import { Members, requireFormat1 } from './members.ts'

/** How far the evidence of a deposit has come: formats.md section 10. */
export type ReceiptState = 'accepted' | 'witnessed' | 'dated'

/** What the depositor gets: the box can't repudiate it. formats.md section 10. */
export interface DepositReceipt {
  readonly format: 1
  readonly state: ReceiptState
  /** Bytes of the LAT. */
  readonly lat: Uint8Array
  /** Bytes of the deposit trace. */
  readonly trace: Uint8Array
  /** C2SP tlog-proof text, with the checkpoint and the cosignatures known. */
  readonly proof: string
  /** Opens the trace's `objectCommitment`. */
  readonly opening: Opening
}

/** A receipt as JSON. */
export function receiptValue(receipt: DepositReceipt): JsonObject {
  return { ...receipt, lat: toBase64(receipt.lat), trace: toBase64(receipt.trace) }
}

/** The bytes of a receipt. */
export function formatReceipt(receipt: DepositReceipt): Uint8Array {
  return canonicalBytes(receiptValue(receipt))
}

/** A receipt from its bytes; what it holds is not verified. EvidenceError `malformed-receipt`. */
export function parseReceipt(bytes: Uint8Array): DepositReceipt {
  const value = parseCanonical(bytes)
  requireFormat1(value, 'malformed-receipt', 'receipt')
  const names = ['format', 'state', 'lat', 'trace', 'proof', 'opening']
  const members = new Members(value, 'malformed-receipt', 'receipt', names)
  return {
    format: 1,
    state: members.oneOf('state', ['accepted', 'witnessed', 'dated']),
    lat: members.base64('lat'),
    trace: members.base64('trace'),
    proof: members.text('proof'),
    opening: parseOpening(members.value('opening'), 'receipt.opening'),
  }
}
