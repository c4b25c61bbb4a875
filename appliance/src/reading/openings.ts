import { parseCanonical, parseOpening, type Opening } from '@probant/evidence'
import type { VaultCipher } from '../store/cipher.ts'
import type { SecretField } from '../store/rows.ts'

/** What an object's commitments hide; null where it was erased. */
export type SecretOpenings = Readonly<Record<SecretField, Opening | null>>

/** @throws BoxError `integrity-failure` when the stored bytes were altered */
export function openedSecret(
  cipher: VaultCipher,
  objectId: string,
  field: SecretField,
  enclosed: Uint8Array,
): Opening {
  return parseOpening(parseCanonical(cipher.openSecret(objectId, field, enclosed)), field)
}
