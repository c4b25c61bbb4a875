import { createHash } from 'node:crypto'
import { wordlist as english } from '@scure/bip39/wordlists/english.js'
import { wordlist as french } from '@scure/bip39/wordlists/french.js'
import { lengthPrefixed, utf8 } from '@probant/evidence'
import { shareRecord, type Share } from './share.ts'

const tag = lengthPrefixed(utf8('probant/recovery-share-words/v1'))
const WORDS = 4
const BITS_PER_WORD = 11n

/** The languages of sheets; the share's own characters are the same in both. */
export type SheetLanguage = 'fr' | 'en'

const lists: Readonly<Record<SheetLanguage, readonly string[]>> = { fr: french, en: english }

/**
 * Four words (44 bits) by which a holder sees that the share before them is the one that was made. They say nothing of the key:
 * a share is 33 random bytes to whoever hasn't got it.
 */
export function checkWords(share: Share, language: SheetLanguage): readonly string[] {
  const record = shareRecord(share)
  const digest = createHash('sha256').update(tag).update(record).digest()
  record.fill(0)
  const bits = BigInt(`0x${digest.subarray(0, 6).toString('hex')}`) >> 4n
  return Array.from({ length: WORDS }, (_, at) => {
    const index = Number((bits >> (BITS_PER_WORD * BigInt(WORDS - 1 - at))) & 2047n)
    return (lists[language][index] ?? '').normalize('NFC')
  })
}

/** Whether these are the share's words; case, accents and spaces don't matter. */
export function areCheckWords(share: Share, language: SheetLanguage, typed: string): boolean {
  return plain(typed) === plain(checkWords(share, language).join(' '))
}

function plain(text: string): string {
  const letters = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return letters
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
    .join(' ')
}
