import { Tpm2Error } from './errors.ts'
import { permanent, type Handle, type Session, type Use } from './use.ts'
import { comparisons, type Comparison } from './wire/policy-digest.ts'
import { selectionOf, type PcrSelection } from './wire/pcr-selection.ts'
import { EMPTY, sized } from './wire/writer.ts'

/** Commands that extend a policy session's digest (part 3, section 23). All @throws Tpm2Error */

/** The PCRs have the values that they have now. */
export async function policyPcr(use: Use, session: Session, pcrs: PcrSelection): Promise<void> {
  await use.send('PolicyPCR', [session], [EMPTY, selectionOf(pcrs)])
}

/**
 * What is stored in an NV index compares so with `operand`, from offset 0. The index authorises its own reading.
 * @throws Tpm2Error `policy-failed` when it doesn't
 */
export async function policyNv(
  use: Use,
  session: Session,
  index: Handle,
  comparison: Comparison,
  operand: Uint8Array,
): Promise<void> {
  const inputs = [sized(operand), 0, comparisons[comparison]]
  await use.send('PolicyNV', [index, index, session], inputs)
}

/** The caller knows the authorisation value of `entity`: the endorsement hierarchy for an EK. */
export async function policySecret(
  use: Use,
  session: Session,
  entity: Handle = permanent.endorsement,
): Promise<void> {
  await use.send('PolicySecret', [entity, session], [EMPTY, EMPTY, EMPTY, 0])
}

/**
 * What the session's digest is so far was approved by a key.
 * @param approval.digest what was approved; `reference` what was signed behind it
 * @param keyName the Name of the key that approved
 * @param ticket `verifySignature`'s for `digest ‖ reference` by that key: holds as long as the owner's hierarchy, over resets
 * @throws Tpm2Error `policy-failed` when the session's digest is another than the approved; `not-of-this-tpm`
 */
export async function policyAuthorize(
  use: Use,
  session: Session,
  approval: { readonly digest: Uint8Array; readonly reference: Uint8Array },
  keyName: Uint8Array,
  ticket: Uint8Array,
): Promise<void> {
  const { digest, reference } = approval
  const inputs = [sized(digest), sized(reference), sized(keyName), ticket]
  await use.send('PolicyAuthorize', [session], inputs).catch((cause: unknown) => {
    if (!(cause instanceof Tpm2Error && cause.details?.name === 'VALUE')) throw cause
    const sentence = 'The state of this TPM is not the one that was approved.'
    throw new Tpm2Error('policy-failed', sentence, { cause })
  })
}

/** The command is authorised by the object's authorisation value as well. */
export async function policyAuthValue(use: Use, session: Session): Promise<void> {
  await use.send('PolicyAuthValue', [session], [])
}

/** The session's digest so far. */
export async function policyDigest(use: Use, session: Session): Promise<Uint8Array> {
  return (await use.send('PolicyGetDigest', [session], [])).content(0)
}
