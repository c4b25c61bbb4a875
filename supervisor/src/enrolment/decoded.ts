import { EvidenceError, fromBase64 } from '@probant/evidence'
import { SupervisorError } from '../errors.ts'

/** Bytes that a box presented. @param what its name, for the refusal @throws SupervisorError `enrolment` when they are not base64 */
export function decoded(base64: string, what: string): Uint8Array {
  try {
    return fromBase64(base64)
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    throw new SupervisorError('enrolment', `${what} is not base64`, error)
  }
}
