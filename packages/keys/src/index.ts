export type {
  Attestation,
  Capabilities,
  KeyKind,
  KeyProvider,
  KeyRef,
  SigningKind,
} from './provider.ts'
export { openProvider } from './open-provider.ts'
export { tpm2PolicyFolder, tpm2RaiseVersion, tpm2State } from './tpm2/administration.ts'
export {
  approve,
  formatApproval,
  formatState,
  parseState,
  type Approval,
  type MachineState,
} from './tpm2/approval.ts'
export { KeySettings } from './settings.ts'
export { rawPublicKey } from './raw-public-key.ts'
export { spokenWords, wereSpoken, type SpokenLanguage } from './spoken-words.ts'
export { nodeCrypto } from './node-crypto.ts'
export {
  enclosedDataKey,
  encloseVaultKey,
  openDataKey,
  openVaultKey,
  type ObjectPlace,
  type VaultPlace,
} from './enclosed-keys.ts'
export {
  encloseEpochKey,
  openEpochKey,
  openSealedVaultKey,
  sealVaultKey,
  type EpochPlace,
  type VaultKeyPlace,
} from './epoch-keys.ts'
export { blindIndexEntry, blindIndexKey, type TermKind } from './blind-index.ts'
export * from './file-encryption/index.ts'
export * from './recovery/index.ts'
export {
  EncryptedFileError,
  KeyError,
  type EncryptedFileErrorCode,
  type Fault,
  type KeyErrorCode,
} from './errors.ts'
