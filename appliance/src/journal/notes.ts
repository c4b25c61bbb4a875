import {
  keyIdOf,
  parseNote,
  verifyNote,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import { BoxError } from '../errors.ts'

/** The verifier key of the box's own journal: C2SP type 0x02, named by the origin. */
export function journalVerifier(
  crypto: EvidenceCrypto,
  origin: string,
  spki: Uint8Array,
): VerifierKey {
  return { name: origin, keyId: keyIdOf(crypto, origin, 2, spki), type: 2, publicKey: spki }
}

/** @throws BoxError `journal-altered` unless the note carries a valid signature by one of the keys, and no other by them. */
export async function verifyBoxNote(
  crypto: EvidenceCrypto,
  note: string,
  keys: readonly VerifierKey[],
): Promise<void> {
  const { verdict, verifiedBy } = await verifyNote(crypto, parseNote(note), keys)
  if (verdict.status !== 'valid' || verifiedBy.length === 0)
    throw new BoxError(
      'journal-altered',
      'fatal',
      'the newest checkpoint in the database does not carry a valid signature by this box',
    )
}
