import {
  attributes,
  nameOf,
  readPublicArea,
  spkiOf,
  Tpm2Error,
} from '@probant/tpm2-tss-bindings/wire'
import { SupervisorError } from '../errors.ts'

/** Made inside its TPM, bound to it, and signs nothing but what the TPM itself states. */
const REQUIRED =
  attributes.fixedTpm |
  attributes.fixedParent |
  attributes.sensitiveDataOrigin |
  attributes.restricted |
  attributes.sign

/**
 * The TPM's Name of a key that may sign quotes.
 * @param publicArea TPMT_PUBLIC as a box gave it
 * @throws SupervisorError `enrolment` for a key that could sign what its holder makes up
 */
export function attestationKeyName(publicArea: Uint8Array): Uint8Array {
  try {
    spkiOf(publicArea)
    const { attributes: given } = readPublicArea(publicArea)
    if ((given & REQUIRED) !== REQUIRED || (given & attributes.decrypt) !== 0)
      throw new SupervisorError('enrolment', 'the key is not one that signs quotes alone')
    return nameOf(publicArea)
  } catch (error) {
    if (!(error instanceof Tpm2Error)) throw error
    throw new SupervisorError('enrolment', `the attestation key: ${error.message}`, error)
  }
}
