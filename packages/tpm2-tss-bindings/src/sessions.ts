import type { Handle, Session, Use } from './use.ts'
import { ALG_AES, ALG_CFB, ALG_NULL, ALG_SHA256 } from './wire/algorithms.ts'
import { joined, u16 } from './wire/writer.ts'

const AES_128_CFB = joined(u16(ALG_AES), u16(128), u16(ALG_CFB))

/**
 * Starts a session (TPM2_StartAuthSession) with SHA-256. Salted to a key of the TPM, its secret is known to that TPM alone, and it
 * can encrypt the first parameter and result of commands: someone who reads the bus learns nothing.
 * @param salt a restricted decryption key whose public part the caller has reason to trust: SRK or EK
 * @throws Tpm2Error
 */
export async function startSession(
  use: Use,
  kind: Session['kind'],
  salt?: Handle,
): Promise<Session> {
  const symmetric = salt === undefined ? u16(ALG_NULL) : AES_128_CFB
  return use.startSession(kind, salt, symmetric, ALG_SHA256)
}

/** Protects every following command of this use by a fresh session salted to `key`. @throws Tpm2Error */
export async function protect(use: Use, key: Handle): Promise<void> {
  use.protection = await startSession(use, 'hmac', key)
}
