import { createHash } from 'node:crypto'
import { lengthPrefixed, utf8 } from '@probant/evidence'
import { areSpokenWords, spokenWords, type SpokenLanguage } from '../spoken-words.ts'
import { shareRecord, type Share } from './share.ts'

const tag = lengthPrefixed(utf8('probant/recovery-share-words/v1'))
const WORDS = 4

/** The languages of sheets; the share's own characters are the same in both. */
export type SheetLanguage = SpokenLanguage

/**
 * Four words (44 bits) by which a holder sees that the share before them is the one that was made. They say nothing of the key:
 * a share is 33 random bytes to whoever hasn't got it.
 */
export function checkWords(share: Share, language: SheetLanguage): readonly string[] {
  const record = shareRecord(share)
  const digest = createHash('sha256').update(tag).update(record).digest()
  record.fill(0)
  return spokenWords(digest, WORDS, language)
}

/** Whether these are the share's words; case, accents and spaces don't matter. */
export function areCheckWords(share: Share, language: SheetLanguage, typed: string): boolean {
  return areSpokenWords(checkWords(share, language), typed)
}
