import { utf8 } from './bytes.ts'
import { checkCosignature, isSignatureOf } from './cosignature.ts'
import type { Answer, EvidenceCrypto } from './crypto.ts'
import type { Note, NoteSignature } from './note.ts'
import { cannotTell, invalid, valid } from './verdict.ts'
import type { Verdict } from './verdict.ts'
import type { VerifierKey } from './vkey.ts'

/** What came of checking a note's signatures. */
export interface NoteVerification {
  readonly verdict: Verdict
  /** The known keys of which a signature is good; not to be relied on unless the verdict is valid. */
  readonly verifiedBy: readonly VerifierKey[]
  /** The known keys of which a signature could not be checked here. */
  readonly notChecked: readonly VerifierKey[]
}

/**
 * Checks a note by C2SP signed-note. Lines of unknown keys are passed over, but:
 *
 * - one bad signature by a known key (same name and key id) makes the note invalid, code 'bad-signature', whatever
 *   else it carries;
 * - no signature by any known key is invalid, code 'wrong-key';
 * - no known keys at all is "cannot tell". So a caller for whom the lack of a key *for this name* is an open question
 *   passes only the keys of that name.
 */
export async function verifyNote(
  crypto: EvidenceCrypto,
  note: Note,
  keys: readonly VerifierKey[],
): Promise<NoteVerification> {
  const verifiedBy: VerifierKey[] = []
  const notChecked: VerifierKey[] = []
  const bad: VerifierKey[] = []
  const listFor = { valid: verifiedBy, invalid: bad, 'cannot-tell': notChecked }
  for (const signature of note.signatures) {
    for (const key of keys) {
      if (!isSignatureOf(signature, key)) continue
      listFor[await checkSignature(crypto, note, signature, key)].push(key)
    }
  }
  const verdict = verdictFor(keys, bad, verifiedBy, notChecked)
  return { verdict, verifiedBy, notChecked }
}

function verdictFor(
  keys: readonly VerifierKey[],
  bad: readonly VerifierKey[],
  verifiedBy: readonly VerifierKey[],
  notChecked: readonly VerifierKey[],
): Verdict {
  const [badKey] = bad
  if (badKey !== undefined) {
    return invalid('bad-signature', `the signature by ${badKey.name} is not valid`, badKey.name)
  }
  if (verifiedBy.length > 0) return valid
  const [unchecked] = notChecked
  if (unchecked !== undefined) {
    return cannotTell(`a way to check signatures of type ${unchecked.type} (${unchecked.name})`)
  }
  return keys.length === 0
    ? cannotTell('a verifier key')
    : invalid('wrong-key', 'no signature by a known key')
}

/** The answer for one line under a key whose name and id it carries. */
function checkSignature(
  crypto: EvidenceCrypto,
  note: Note,
  signature: NoteSignature,
  key: VerifierKey,
): Promise<Answer> {
  const { type } = key
  if (type === 4 || type === 6) return checkCosignature(crypto, note, signature, { ...key, type })
  const algorithm = type === 1 ? 'ed25519' : 'ecdsa-p256-sha256'
  return crypto.verify(algorithm, key.publicKey, utf8(note.text), signature.blob)
}
