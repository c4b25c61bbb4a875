import { parseCheckpoint, type Checkpoint } from '../checkpoint.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import { evidenceErrorOf } from '../errors.ts'
import { parseNote, type Note } from '../note.ts'
import { verifyNote } from '../signatures.ts'
import type { Verdict } from '../verdict.ts'
import type { VerifierKey } from '../vkey.ts'
import { contradiction, openQuestion, type Finding } from './finding.ts'

/** A checkpoint whose root may be believed, if there is one, and what is to be said of its signatures. */
export interface SignedHead {
  /** Undefined when it is not the box's, or can't be read: then its root means nothing. */
  readonly checkpoint: Checkpoint | undefined
  readonly findings: readonly Finding[]
}

/**
 * Checks that a note is a checkpoint of this origin under one of the given journal keys for it. A bad signature by any
 * known key, witnesses' included, rejects the whole note.
 */
export async function checkHead(
  crypto: EvidenceCrypto,
  note: Note | string,
  origin: string,
  keys: readonly VerifierKey[],
): Promise<SignedHead> {
  let parsed: Note
  let checkpoint: Checkpoint
  try {
    parsed = typeof note === 'string' ? parseNote(note) : note
    checkpoint = parseCheckpoint(parsed.text)
  } catch (error) {
    const { message } = evidenceErrorOf(error)
    const finding = contradiction('bad-checkpoint-signature', null, 'a signed checkpoint', message)
    return { checkpoint: undefined, findings: [finding] }
  }
  if (checkpoint.origin !== origin) {
    const found = `a checkpoint of ${checkpoint.origin}`
    return {
      checkpoint: undefined,
      findings: [contradiction('wrong-box', null, `a checkpoint of ${origin}`, found)],
    }
  }
  const journalKeys = keys.filter((key) => key.type === 2 && key.name === origin)
  const { verdict } = await verifyNote(crypto, parsed, journalKeys)
  const all = verdict.status === 'valid' ? await verifyNote(crypto, parsed, keys) : { verdict }
  return judgeSignature(all.verdict, checkpoint)
}

function judgeSignature(verdict: Verdict, checkpoint: Checkpoint): SignedHead {
  const { origin, size } = checkpoint
  switch (verdict.status) {
    case 'valid':
      return { checkpoint, findings: [] }
    case 'cannot-tell': {
      const expected = `${verdict.missing} for ${origin}`
      const found = `a checkpoint of size ${size} whose signature was not checked`
      return { checkpoint, findings: [openQuestion('wrong-key', null, expected, found)] }
    }
    case 'invalid': {
      const kind = verdict.code === 'wrong-key' ? 'wrong-key' : 'bad-checkpoint-signature'
      const expected = `a checkpoint signed by ${origin}`
      return {
        checkpoint: undefined,
        findings: [contradiction(kind, null, expected, verdict.what)],
      }
    }
  }
}
