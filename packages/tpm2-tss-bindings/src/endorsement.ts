import { createPrimary } from './objects.ts'
import { findNv, readNv } from './nv.ts'
import { policySecret } from './policy.ts'
import { startSession } from './sessions.ts'
import { permanent, type Handle, type LoadedObject, type Use } from './use.ts'
import { endorsementTemplates } from './wire/templates.ts'
import { sized } from './wire/writer.ts'

export type EndorsementKind = keyof typeof endorsementTemplates

/** Where makers keep the certificates (TCG EK Credential Profile, section 2.2.1.4). */
const certificateIndex: Readonly<Record<EndorsementKind, number>> = {
  'rsa-2048': 0x01c00002,
  'ec-p256': 0x01c0000a,
}

/** The endorsement key (EK) of the TCG's low-range template. @throws Tpm2Error */
export async function endorsementKey(use: Use, kind: EndorsementKind): Promise<LoadedObject> {
  return createPrimary(use, permanent.endorsement, endorsementTemplates[kind]())
}

/** The maker's certificate for that key, DER. @throws Tpm2Error `not-found` where the TPM came without one */
export async function endorsementCertificate(use: Use, kind: EndorsementKind): Promise<Uint8Array> {
  return readNv(use, await findNv(use, certificateIndex[kind]), permanent.owner)
}

/** A secret that only the TPM with that EK can read, and only while it holds the named key. */
export interface Credential {
  /** Content of TPM2B_ID_OBJECT. */
  readonly blob: Uint8Array
  /** Content of TPM2B_ENCRYPTED_SECRET. */
  readonly secret: Uint8Array
}

/** Makes a credential (TPM2_MakeCredential): any TPM can, for the loaded public part of another's EK. @throws Tpm2Error */
export async function makeCredential(
  use: Use,
  endorsement: Handle,
  challenge: Uint8Array,
  keyName: Uint8Array,
): Promise<Credential> {
  const answer = await use.send('MakeCredential', [endorsement], [sized(challenge), sized(keyName)])
  return { blob: answer.content(0), secret: answer.content(1) }
}

/**
 * Reads the challenge (TPM2_ActivateCredential), the EK authorised by its own policy.
 * @throws Tpm2Error `not-of-this-tpm`, or `bad-value`, when it was made for another EK or key
 */
export async function activateCredential(
  use: Use,
  key: Handle,
  endorsement: Handle,
  { blob, secret }: Credential,
): Promise<Uint8Array> {
  const session = await startSession(use, 'policy')
  await policySecret(use, session)
  const inputs = [sized(blob), sized(secret)]
  const answer = await use.send('ActivateCredential', [key, endorsement], inputs, { also: session })
  return answer.content(0)
}
