import { MAX_EVENT_LOG_BYTES, PCR_COUNT } from './limits.ts'
import { base64, hex32, list, object, objectWith, oneOf } from './shape.ts'

/** The firmware's event log (TCG PC Client Platform Firmware Profile, section 10), base64, or why there is none. */
export interface EventLog {
  state: 'given' | 'absent' | 'unreadable' | 'too-long'
  bytes?: string
}

/** What the box's TPM states of the machine. Bytes are base64. */
export interface Attestation {
  /** TPMT_PUBLIC of the key that signed. */
  attestationKey: string
  /** TPMS_ATTEST, a quote. */
  statement: string
  /** ECDSA with SHA-256 over the statement, DER. */
  signature: string
  /** Values of the registers asked for, in their order, hex. */
  values: string[]
  eventLog: EventLog
}

export const attestation = object<Attestation>({
  attestationKey: base64(1024),
  statement: base64(2048),
  signature: base64(200),
  values: list(hex32, PCR_COUNT),
  eventLog: objectWith<Pick<EventLog, 'state'>, { bytes: string }>(
    { state: oneOf('given', 'absent', 'unreadable', 'too-long') },
    { bytes: base64(Math.ceil(MAX_EVENT_LOG_BYTES / 3) * 4) },
  ),
})
