import { fromBase64, toBase64 } from '@probant/evidence'
import { activationProof, enrolmentNonce, type EnrolmentRequest } from '@probant/shipping'
import { Type } from 'typebox'
import type { Platform } from '../attestation/platform.ts'
import { ask, enrolled, type Enrolled } from './centre-api.ts'

const challenge = Type.Object({ credential: Type.String(), secret: Type.String() })
/** What the box brings besides its TPM. */
export type BoxIdentity = Pick<EnrolmentRequest, 'code' | 'origin' | 'journalKey' | 'agentKey'> & {
  /** Certificates between the TPM's and the maker's root, DER. */
  intermediates: Uint8Array[]
}

/**
 * Enrols this box by a one-time code: its TPM reads what the centre made for it alone.
 * @returns what to pin, and the nonce of a first quote by file
 * @param centre address of the centre's API, up to `/api/v1`
 * @throws AgentError `tpm`, `refused-by-centre`, `centre-unreachable`, `centre-misbehaved`
 */
export async function enrol(
  centre: string,
  platform: Platform,
  { intermediates, ...box }: BoxIdentity,
): Promise<{ pinned: Enrolled; enrolmentNonce: string }> {
  const identity = await platform.identity()
  const request: EnrolmentRequest = {
    ...box,
    endorsementCertificate: toBase64(identity.endorsementCertificate),
    intermediates: intermediates.map(toBase64),
    attestationKey: toBase64(identity.attestationKey),
  }
  const asked = await ask(`${centre}/enrolments/challenges`, request, challenge)
  const secret = await platform.activate({
    blob: fromBase64(asked.credential),
    secret: fromBase64(asked.secret),
  })
  const proof = activationProof(secret, request)
  const pinned = await ask(`${centre}/enrolments/activations`, { code: box.code, proof }, enrolled)
  return { pinned, enrolmentNonce: enrolmentNonce(proof) }
}
