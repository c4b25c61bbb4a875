import { createHash, createHmac } from 'node:crypto'
import { canonicalBytes, concat, lengthPrefixed, toHex, utf8 } from '@probant/evidence'

/** What a box with a TPM presents to be enrolled. Bytes are base64. */
export interface EnrolmentRequest {
  /** The one-time code that an operator of the centre gave out. */
  code: string
  origin: string
  /** vkey of type 0x02, named like the origin. */
  journalKey: string
  /** SSH public key blob of the agent. */
  agentKey: string
  /** The maker's certificate for the TPM's endorsement key, DER. */
  endorsementCertificate: string
  /** Certificates between it and the maker's root, in any order, DER. */
  intermediates: string[]
  /** TPMT_PUBLIC of the attestation key. */
  attestationKey: string
}

/** What only the TPM with that endorsement key can read, while it holds that attestation key. Bytes are base64. */
export interface ActivationChallenge {
  /** Content of TPM2B_ID_OBJECT. */
  credential: string
  /** Content of TPM2B_ENCRYPTED_SECRET. */
  secret: string
}

const DOMAIN = 'probant/enrolment/v1'

/**
 * Shows that the challenge was read, for exactly this request: HMAC-SHA-256 by the secret in it. Whoever changed a key in the
 * request on its way can't make it.
 * @returns 64 hex digits
 */
export function activationProof(secret: Uint8Array, request: EnrolmentRequest): string {
  const { code, origin, journalKey, agentKey, endorsementCertificate, intermediates } = request
  const { attestationKey } = request
  const sha256 = createHash('sha256').update(
    canonicalBytes({
      code,
      origin,
      journalKey,
      agentKey,
      endorsementCertificate,
      intermediates,
      attestationKey,
    }),
  )
  const message = concat(lengthPrefixed(utf8(DOMAIN)), sha256.digest())
  return toHex(createHmac('sha256', secret).update(message).digest())
}
