import { wordlist as english } from '@scure/bip39/wordlists/english.js'
import { wordlist as french } from '@scure/bip39/wordlists/french.js'

const BITS_PER_WORD = 11

/** Languages of words that people read to each other; both lists have 2,048 words that aren't mistaken for one another. */
export type SpokenLanguage = 'fr' | 'en'

const lists: Readonly<Record<SpokenLanguage, readonly string[]>> = { fr: french, en: english }

/** The first `count` × 11 bits of a digest, as words (those of BIP 39). */
export function spokenWords(
  digest: Uint8Array,
  count: number,
  language: SpokenLanguage,
): readonly string[] {
  const bits = BigInt(`0x${Buffer.from(digest).toString('hex')}`)
  return Array.from({ length: count }, (_, at) => {
    const after = BigInt(8 * digest.length - BITS_PER_WORD * (at + 1))
    return (lists[language][Number((bits >> after) & 2047n)] ?? '').normalize('NFC')
  })
}

/** Whether these are the words; case, accents and spaces don't matter. */
export function areSpokenWords(words: readonly string[], typed: string): boolean {
  return plain(typed) === plain(words.join(' '))
}

/** Whether these are the first `count` words of a digest, in whatever language they were read out. */
export const wereSpoken = (digest: Uint8Array, count: number, typed: string): boolean =>
  (['fr', 'en'] as const).some((language) =>
    areSpokenWords(spokenWords(digest, count, language), typed),
  )

function plain(text: string): string {
  const letters = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return letters
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
    .join(' ')
}
