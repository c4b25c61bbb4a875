import { createHash } from 'node:crypto'
import type { Authorisation, Handle, Use } from './use.ts'
import { ALG_NULL, RH_NULL, ST_HASHCHECK } from './wire/algorithms.ts'
import { derOfSignature } from './wire/signature.ts'
import { EMPTY, joined, sized, u16, u32 } from './wire/writer.ts'

/** "Not hashed by the TPM": right for every key that isn't restricted. */
const NO_HASHCHECK = joined(u16(ST_HASHCHECK), u32(RH_NULL), EMPTY)

/** The scheme that the key was made with. */
export const KEYS_OWN_SCHEME: Uint8Array = u16(ALG_NULL)

/** ECDSA with SHA-256 over a digest made outside (TPM2_Sign), in DER. @param digest 32 bytes. @throws Tpm2Error */
export async function signDigest(
  use: Use,
  key: Handle,
  digest: Uint8Array,
  authorisation?: Authorisation,
): Promise<Uint8Array> {
  const inputs = [sized(digest), KEYS_OWN_SCHEME, NO_HASHCHECK]
  return derOfSignature((await use.send('Sign', [key], inputs, authorisation)).bytes(0))
}

/**
 * Has the TPM check a signature (TPM2_VerifySignature).
 * @param signature TPMT_SIGNATURE, see `signatureOf`
 * @returns its ticket (TPMT_TK_VERIFIED) that it did
 * @throws Tpm2Error `invalid-signature`
 */
export async function verifySignature(
  use: Use,
  key: Handle,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<Uint8Array> {
  const digest = createHash('sha256').update(message).digest()
  return (await use.send('VerifySignature', [key], [sized(digest), signature])).bytes(0)
}
