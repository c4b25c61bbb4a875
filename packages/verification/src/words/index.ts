import { english } from './english.ts'
import { french } from './french.ts'
import type { Words } from './words.ts'

export type { Words } from './words.ts'

export type Language = 'fr' | 'en'

export function wordsOf(language: Language): Words {
  return language === 'fr' ? french : english
}
