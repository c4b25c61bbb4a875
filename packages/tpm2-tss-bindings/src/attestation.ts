import { KEYS_OWN_SCHEME } from './signing.ts'
import { createPrimary } from './objects.ts'
import { permanent, type Handle, type LoadedObject, type Use } from './use.ts'
import { signingKey } from './wire/templates.ts'
import { readClockInfo, type ClockInfo } from './wire/attest.ts'
import { selectionOf, type PcrSelection } from './wire/pcr-selection.ts'
import { Reader } from './wire/reader.ts'
import { derOfSignature } from './wire/signature.ts'
import { sized } from './wire/writer.ts'

/** What the TPM states, signed by an attestation key: TPMS_ATTEST (`readAttest`), ECDSA over its SHA-256 in DER. */
export interface SignedStatement {
  readonly statement: Uint8Array
  readonly signature: Uint8Array
}

/** The TPM's time. */
export interface TpmTime {
  /** Milliseconds since its power came on; nobody can set it. */
  readonly time: bigint
  readonly clockInfo: ClockInfo
}

/**
 * An attestation key, the same each time: a primary of the endorsement hierarchy, since a TPM blurs clock, counts and firmware version
 * in what keys of the owner's hierarchy sign (part 1, section 36.7).
 * @throws Tpm2Error
 */
export async function attestationKey(use: Use): Promise<LoadedObject> {
  return createPrimary(use, permanent.endorsement, signingKey({ restricted: true }))
}

/** The values of PCRs now (TPM2_Quote). @param nonce the verifier's, up to 32 bytes. @throws Tpm2Error */
export async function quote(
  use: Use,
  signer: Handle,
  pcrs: PcrSelection,
  nonce: Uint8Array,
): Promise<SignedStatement> {
  const inputs = [sized(nonce), KEYS_OWN_SCHEME, selectionOf(pcrs)]
  const answer = await use.send('Quote', [signer], inputs)
  return { statement: answer.content(0), signature: derOfSignature(answer.bytes(1)) }
}

/** That a loaded object, by its Name, is in this TPM (TPM2_Certify). @throws Tpm2Error */
export async function certify(
  use: Use,
  object: Handle,
  signer: Handle,
  nonce: Uint8Array,
): Promise<SignedStatement> {
  const inputs = [sized(nonce), KEYS_OWN_SCHEME]
  const answer = await use.send('Certify', [object, signer], inputs)
  return { statement: answer.content(0), signature: derOfSignature(answer.bytes(1)) }
}

/** TPM2_ReadClock. @throws Tpm2Error */
export async function readClock(use: Use): Promise<TpmTime> {
  const reader = new Reader((await use.send('ReadClock', [], [])).bytes(0))
  return { time: reader.u64(), clockInfo: readClockInfo(reader) }
}
