/** The TPM's structures alone: for those who check what a TPM said and have none, nor its libraries. */
export { hashBytes, type HashName } from './wire/algorithms.ts'
export { readAttest, type Attest, type ClockInfo } from './wire/attest.ts'
export { attributes, nameOf, readPublicArea, spkiOf } from './wire/public-area.ts'
export { Tpm2Error } from './errors.ts'
