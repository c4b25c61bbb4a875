import { createHash } from 'node:crypto'
import { joined, u16, u32 } from './writer.ts'
import { selectionOf, type PcrSelection } from './pcr-selection.ts'

/** TPM_CC of the policy commands; each enters the digest that it extends. */
const CC_POLICY_NV = 0x149
const CC_POLICY_SECRET = 0x151
const CC_POLICY_AUTHORIZE = 0x16a
const CC_POLICY_AUTH_VALUE = 0x16b
const CC_POLICY_PCR = 0x17f

const RH_ENDORSEMENT = 0x4000000b

/** How PolicyNV compares what is stored with the operand (TPM_EO, part 2, section 6.8); unsigned, big-endian. */
export const comparisons = { equal: 0, greater: 3, less: 5, 'at-least': 7, 'at-most': 9 } as const
export type Comparison = keyof typeof comparisons

/** The digest of a session in which no policy command was given yet. */
export const NO_POLICY: Uint8Array = new Uint8Array(32)

/**
 * What a SHA-256 policy session's digest becomes after each command (part 3, section 23), computed without a TPM: who signs a
 * policy for another machine needs its digest only.
 */
export function afterPolicyPcr(
  before: Uint8Array,
  selection: PcrSelection,
  values: readonly Uint8Array[],
): Uint8Array {
  return sha256(before, u32(CC_POLICY_PCR), selectionOf(selection), sha256(...values))
}

/** @param indexName the Name of the NV index, its written bit included */
export function afterPolicyNv(
  before: Uint8Array,
  indexName: Uint8Array,
  comparison: Comparison,
  operand: Uint8Array,
): Uint8Array {
  const args = sha256(operand, u16(0), u16(comparisons[comparison]))
  return sha256(before, u32(CC_POLICY_NV), args, indexName)
}

/** @param keyName the Name of the key whose signature approves a policy; what came before it is forgotten */
export function afterPolicyAuthorize(keyName: Uint8Array, reference: Uint8Array): Uint8Array {
  return sha256(sha256(NO_POLICY, u32(CC_POLICY_AUTHORIZE), keyName), reference)
}

export function afterPolicyAuthValue(before: Uint8Array): Uint8Array {
  return sha256(before, u32(CC_POLICY_AUTH_VALUE))
}

/** PolicyA of the TCG EK Credential Profile: the endorsement hierarchy's authorisation. */
export function endorsementPolicy(): Uint8Array {
  return sha256(sha256(NO_POLICY, u32(CC_POLICY_SECRET), u32(RH_ENDORSEMENT)))
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return createHash('sha256')
    .update(joined(...parts))
    .digest()
}
