export { Tpm, type TpmSettings } from './tpm.ts'
export {
  permanent,
  type Authorisation,
  type Handle,
  type LoadedObject,
  type Session,
  type Use,
} from './use.ts'
export * from './random.ts'
export * from './objects.ts'
export * from './sessions.ts'
export { signDigest, verifySignature } from './signing.ts'
export * from './sealing.ts'
export * from './policy.ts'
export * from './pcr.ts'
export * from './nv.ts'
export * from './attestation.ts'
export * from './endorsement.ts'
export * from './dictionary-attack.ts'
export { hashBytes, type HashName } from './wire/algorithms.ts'
export { readAttest, type Attest, type ClockInfo } from './wire/attest.ts'
export type { PcrSelection } from './wire/pcr-selection.ts'
export {
  attributes,
  modulusOf,
  nameOf,
  readPublicArea,
  spkiOf,
  type PublicArea,
} from './wire/public-area.ts'
export {
  externalVerificationKey,
  sealedData,
  signingKey,
  storageKey,
  endorsementTemplates,
} from './wire/templates.ts'
export * from './wire/policy-digest.ts'
export { derOfSignature, signatureOf } from './wire/signature.ts'
export { Tpm2Error, type Fault, type ResponseDetails, type Tpm2ErrorCode } from './errors.ts'
