import { EvidenceError, parseCheckpoint, parseNote, type VerifierKey } from '@probant/evidence'
import type { Origin } from '../store/origins.ts'

type Keys = Pick<Origin, 'journalKey' | 'formerJournalKeys'>

/** Who may have signed a checkpoint of this size: the hardware that the box had then. */
export function journalKeysAt(origin: Keys, size: number): VerifierKey[] {
  const former = origin.formerJournalKeys.find(({ untilSize }) => size <= untilSize)
  return [former?.key ?? origin.journalKey]
}

/** The same for a signed note, as long as it can be read; one that can't is the present key's to have signed. */
export function journalKeysFor(origin: Keys, note: string): VerifierKey[] {
  try {
    return journalKeysAt(origin, parseCheckpoint(parseNote(note).text).size)
  } catch (error) {
    if (error instanceof EvidenceError) return [origin.journalKey]
    throw error
  }
}
