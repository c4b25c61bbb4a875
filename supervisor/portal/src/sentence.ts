import { language } from '@probant/web/browser'

interface Told {
  kind: string
  sentence: { fr: string; en: string } | undefined
}

/** What was found, in the reader's language; by its code where the centre has no words for it. */
export function sentenceOf({ kind, sentence }: Told): string {
  const said = sentence?.[language.value] ?? ''
  return said === '' ? kind : said
}
