/** The languages in which people are answered. */
export type Language = 'fr' | 'en'

/** The same words in every language of the product. */
export type Words = Readonly<Record<Language, string>>

const languages: readonly Language[] = ['fr', 'en']

/**
 * The best of our languages for an `Accept-Language` header (RFC 9110, 12.5.4): highest weight first, the order
 * written where weights are equal. French when the header is absent, unreadable or names only other languages.
 */
export function negotiateLanguage(header: string | undefined): Language {
  let best: { language: Language; weight: number } | undefined
  // An attacker writes this header: only its first ranges are looked at.
  for (const range of (header ?? '').split(',').slice(0, 16)) {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';')
    const language = languages.find((known) => tag === known || tag.startsWith(`${known}-`))
    const weight = weightOf(parameters)
    if (language !== undefined && weight > (best?.weight ?? 0)) best = { language, weight }
  }
  return best?.language ?? 'fr'
}

function weightOf(parameters: string[]): number {
  const quality = parameters.map((text) => text.trim()).find((text) => text.startsWith('q='))
  if (quality === undefined) return 1
  const weight = Number(quality.slice(2))
  return weight >= 0 && weight <= 1 ? weight : 0
}
