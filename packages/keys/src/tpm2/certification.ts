import { concat } from '@probant/evidence'
import {
  attestationKey,
  certify,
  endorsementCertificate,
  Tpm2Error,
  type Use,
} from '@probant/tpm2-tss-bindings'
import type { Attestation } from '../provider.ts'
import type { StoredKey } from './key-blob.ts'
import type { Shift } from './shift.ts'

/**
 * The TPM's statement that it holds the key, under the attestation key of its endorsement hierarchy: four parts, each with its length in two
 * bytes: TPMS_ATTEST, its ECDSA signature in DER, TPMT_PUBLIC of the key, TPMT_PUBLIC of the attestation key. That the attestation key is in a TPM
 * with that certificate is shown by activating a credential, not here.
 * @throws Tpm2Error
 */
export async function certification(
  shift: Shift,
  label: string,
  stored: StoredKey,
): Promise<Attestation> {
  const { use } = shift
  const key = await shift.loaded(label, stored)
  const signer = await attestationKey(use)
  const { statement, signature } = await certify(use, key, signer, new Uint8Array())
  await use.flush(signer)
  const parts = [statement, signature, stored.blob.publicArea, signer.publicArea]
  const sized = parts.map((part) => concat(Uint8Array.of(part.length >> 8, part.length), part))
  const certificates = [await certificateOf(use, 'rsa-2048'), await certificateOf(use, 'ec-p256')]
  return {
    format: 'tpm2-certify/v1',
    statement: concat(...sized),
    certificates: certificates.flatMap((certificate) => certificate ?? []),
  }
}

/** Many TPMs come with one of the two only, software ones with none. */
async function certificateOf(use: Use, kind: 'rsa-2048' | 'ec-p256') {
  try {
    return [await endorsementCertificate(use, kind)]
  } catch (error) {
    if (error instanceof Tpm2Error && error.code === 'not-found') return undefined
    throw error
  }
}
