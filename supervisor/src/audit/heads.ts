import {
  EvidenceError,
  equalBytes,
  formatNote,
  parseCheckpoint,
  parseNote,
  toBase64,
  verifyCosignatures,
  verifyNote,
  type VerifierKey,
} from '@probant/evidence'
import type { Context } from '../context.ts'
import type { CosignedHead } from '../store/cosigned-heads.ts'
import type { Origin } from '../store/origins.ts'
import { journalKeysAt } from '../witness/journal-keys.ts'
import type { Difference } from './difference.ts'

/** A head that was cosigned: the row is what the note says, the box signed it, and so did this centre, with both its keys. */
export async function auditHead(
  { crypto }: Context,
  origin: Origin,
  witnessKeys: readonly VerifierKey[],
  head: CosignedHead,
): Promise<Difference[]> {
  const difference = (expected: string, found: string): Difference[] => [
    { place: origin.origin, seq: null, expected: `${expected} at size ${head.size}`, found },
  ]
  try {
    const note = parseNote(head.note)
    const checkpoint = parseCheckpoint(note.text)
    if (
      checkpoint.origin !== origin.origin ||
      checkpoint.size !== head.size ||
      !equalBytes(checkpoint.root, head.root)
    )
      return difference(
        `the cosigned head ${toBase64(head.root)}`,
        `a note over ${checkpoint.size} traces of ${checkpoint.origin}, ${toBase64(checkpoint.root)}`,
      )
    const { verdict } = await verifyNote(crypto, note, journalKeysAt(origin, head.size))
    if (verdict.status !== 'valid') return difference('a head signed by the box', verdict.status)
    const cosigned = parseNote(formatNote(note.text, head.lines))
    const answers = await verifyCosignatures(crypto, cosigned, witnessKeys)
    const valid = new Set(
      answers.filter(({ answer }) => answer === 'valid').map(({ type }) => type),
    )
    return valid.size === witnessKeys.length && answers.length === head.lines.length
      ? []
      : difference('the cosignatures of this centre', `${valid.size} that verify`)
  } catch (error) {
    if (error instanceof EvidenceError) return difference('a cosigned head', error.message)
    throw error
  }
}
