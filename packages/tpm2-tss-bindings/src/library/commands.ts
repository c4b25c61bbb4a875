import type { Structure } from './structures.ts'

/** Numbers by their type in C. */
export type CNumber = 'uint16_t' | 'uint32_t' | 'int32_t'

/** What a command takes after its handles and sessions, and what it gives back, in the order of the ESAPI (TSS 2.0 ESAPI, section 10). */
export interface Command {
  /** How many ESYS_TR precede the three sessions. */
  readonly handles: number
  /** How many of these handles need an authorisation: the first ones. */
  readonly authorised: number
  readonly takes: readonly (Structure | CNumber)[]
  readonly gives: readonly (Structure | 'handle' | 'uint32')[]
}

export const commands = {
  GetRandom: { handles: 0, authorised: 0, takes: ['uint16_t'], gives: ['TPM2B_DIGEST'] },
  CreatePrimary: {
    handles: 1,
    authorised: 1,
    takes: ['TPM2B_SENSITIVE_CREATE', 'TPM2B_PUBLIC', 'TPM2B_DATA', 'TPML_PCR_SELECTION'],
    gives: ['handle', 'TPM2B_PUBLIC', 'TPM2B_CREATION_DATA', 'TPM2B_DIGEST', 'TPMT_TK_CREATION'],
  },
  Create: {
    handles: 1,
    authorised: 1,
    takes: ['TPM2B_SENSITIVE_CREATE', 'TPM2B_PUBLIC', 'TPM2B_DATA', 'TPML_PCR_SELECTION'],
    gives: [
      'TPM2B_PRIVATE',
      'TPM2B_PUBLIC',
      'TPM2B_CREATION_DATA',
      'TPM2B_DIGEST',
      'TPMT_TK_CREATION',
    ],
  },
  Load: { handles: 1, authorised: 1, takes: ['TPM2B_PRIVATE', 'TPM2B_PUBLIC'], gives: ['handle'] },
  LoadExternal: {
    handles: 0,
    authorised: 0,
    takes: ['TPM2B_SENSITIVE', 'TPM2B_PUBLIC', 'uint32_t'],
    gives: ['handle'],
  },
  ReadPublic: {
    handles: 1,
    authorised: 0,
    takes: [],
    gives: ['TPM2B_PUBLIC', 'TPM2B_NAME', 'TPM2B_NAME'],
  },
  EvictControl: { handles: 2, authorised: 1, takes: ['uint32_t'], gives: ['handle'] },
  Sign: {
    handles: 1,
    authorised: 1,
    takes: ['TPM2B_DIGEST', 'TPMT_SIG_SCHEME', 'TPMT_TK_HASHCHECK'],
    gives: ['TPMT_SIGNATURE'],
  },
  VerifySignature: {
    handles: 1,
    authorised: 0,
    takes: ['TPM2B_DIGEST', 'TPMT_SIGNATURE'],
    gives: ['TPMT_TK_VERIFIED'],
  },
  Unseal: { handles: 1, authorised: 1, takes: [], gives: ['TPM2B_SENSITIVE_DATA'] },
  PolicyPCR: {
    handles: 1,
    authorised: 0,
    takes: ['TPM2B_DIGEST', 'TPML_PCR_SELECTION'],
    gives: [],
  },
  PolicyNV: {
    handles: 3,
    authorised: 1,
    takes: ['TPM2B_DIGEST', 'uint16_t', 'uint16_t'],
    gives: [],
  },
  PolicySecret: {
    handles: 2,
    authorised: 1,
    takes: ['TPM2B_DIGEST', 'TPM2B_DIGEST', 'TPM2B_DIGEST', 'int32_t'],
    gives: ['TPM2B_DIGEST', 'TPMT_TK_AUTH'],
  },
  PolicyAuthorize: {
    handles: 1,
    authorised: 0,
    takes: ['TPM2B_DIGEST', 'TPM2B_DIGEST', 'TPM2B_NAME', 'TPMT_TK_VERIFIED'],
    gives: [],
  },
  PolicyAuthValue: { handles: 1, authorised: 0, takes: [], gives: [] },
  PolicyGetDigest: { handles: 1, authorised: 0, takes: [], gives: ['TPM2B_DIGEST'] },
  PCR_Read: {
    handles: 0,
    authorised: 0,
    takes: ['TPML_PCR_SELECTION'],
    gives: ['uint32', 'TPML_PCR_SELECTION', 'TPML_DIGEST'],
  },
  PCR_Extend: { handles: 1, authorised: 1, takes: ['TPML_DIGEST_VALUES'], gives: [] },
  NV_DefineSpace: {
    handles: 1,
    authorised: 1,
    takes: ['TPM2B_DIGEST', 'TPM2B_NV_PUBLIC'],
    gives: ['handle'],
  },
  NV_UndefineSpace: { handles: 2, authorised: 1, takes: [], gives: [] },
  NV_ReadPublic: {
    handles: 1,
    authorised: 0,
    takes: [],
    gives: ['TPM2B_NV_PUBLIC', 'TPM2B_NAME'],
  },
  NV_Read: {
    handles: 2,
    authorised: 1,
    takes: ['uint16_t', 'uint16_t'],
    gives: ['TPM2B_MAX_NV_BUFFER'],
  },
  NV_Write: { handles: 2, authorised: 1, takes: ['TPM2B_MAX_NV_BUFFER', 'uint16_t'], gives: [] },
  NV_Increment: { handles: 2, authorised: 1, takes: [], gives: [] },
  Quote: {
    handles: 1,
    authorised: 1,
    takes: ['TPM2B_DATA', 'TPMT_SIG_SCHEME', 'TPML_PCR_SELECTION'],
    gives: ['TPM2B_ATTEST', 'TPMT_SIGNATURE'],
  },
  Certify: {
    handles: 2,
    authorised: 2,
    takes: ['TPM2B_DATA', 'TPMT_SIG_SCHEME'],
    gives: ['TPM2B_ATTEST', 'TPMT_SIGNATURE'],
  },
  ReadClock: { handles: 0, authorised: 0, takes: [], gives: ['TPMS_TIME_INFO'] },
  MakeCredential: {
    handles: 1,
    authorised: 0,
    takes: ['TPM2B_DIGEST', 'TPM2B_NAME'],
    gives: ['TPM2B_ID_OBJECT', 'TPM2B_ENCRYPTED_SECRET'],
  },
  ActivateCredential: {
    handles: 2,
    authorised: 2,
    takes: ['TPM2B_ID_OBJECT', 'TPM2B_ENCRYPTED_SECRET'],
    gives: ['TPM2B_DIGEST'],
  },
  GetCapability: {
    handles: 0,
    authorised: 0,
    takes: ['uint32_t', 'uint32_t', 'uint32_t'],
    gives: ['uint32', 'TPMS_CAPABILITY_DATA'],
  },
  DictionaryAttackLockReset: { handles: 1, authorised: 1, takes: [], gives: [] },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof commands
