import { create, type KeyBlob } from './objects.ts'
import type { Authorisation, Handle, Use } from './use.ts'
import { sealedData } from './wire/templates.ts'

/**
 * Seals up to 128 bytes under a parent. Protect the use first (`protect`), or the data crosses the bus in clear.
 * @param options.policy the digest of the only policy that opens it; otherwise `authorisation` does
 * @throws Tpm2Error
 */
export async function seal(
  use: Use,
  parent: Handle,
  data: Uint8Array,
  options: { readonly policy?: Uint8Array; readonly authorisation?: Uint8Array } = {},
): Promise<KeyBlob> {
  const { policy, authorisation } = options
  const template = sealedData(policy)
  return create(use, parent, template, { data, ...(authorisation && { authorisation }) })
}

/** Opens loaded sealed data (TPM2_Unseal). @throws Tpm2Error `policy-failed`, `authorisation-failed` */
export async function unseal(
  use: Use,
  sealed: Handle,
  authorisation?: Authorisation,
): Promise<Uint8Array> {
  return (await use.send('Unseal', [sealed], [], authorisation)).content(0)
}
