import { canonicalBytes } from '@probant/evidence'
import { domainDigest } from './domain-digest.ts'

/** What a box without a TPM presents to be enrolled. Bytes are base64. */
export interface PresentedBox {
  origin: string
  /** vkey of type 0x02, named like the origin. */
  journalKey: string
  /** SSH public key blob of the agent. */
  agentKey: string
}

/** What the centre presents in return, for the box to pin. */
export interface PresentedCentre {
  /** 64 hex digits, drawn by the centre after it was given the box's keys. */
  nonce: string
  witnessKeys: string[]
  auditKey: string
  /** SSH public key blob, base64. */
  sshHostKey: string
  ssh: { host: string; port: number }
}

/** Digests of all that both sides have of each other: whoever exchanged a key on its way makes them differ. */
export interface EnrolmentFingerprint {
  /** Read at the box, typed at the centre. 32 bytes. */
  forCentre: Uint8Array
  /** Read at the centre once it accepted, typed at the box. 32 bytes. */
  forBox: Uint8Array
}

/** Words of each: 132 bits, which nobody finds twice once the centre has drawn its nonce, and 44, for one try by one person. */
export const FINGERPRINT_WORDS = 12
export const ANSWER_WORDS = 4

export function enrolmentFingerprint(
  { origin, journalKey, agentKey }: PresentedBox,
  { nonce, witnessKeys, auditKey, sshHostKey, ssh }: PresentedCentre,
): EnrolmentFingerprint {
  const both = canonicalBytes({
    box: { origin, journalKey, agentKey },
    centre: { nonce, witnessKeys, auditKey, sshHostKey, ssh: { host: ssh.host, port: ssh.port } },
  })
  return {
    forCentre: domainDigest('probant/enrolment-fingerprint/v1', both),
    forBox: domainDigest('probant/enrolment-answer/v1', both),
  }
}
