/** A sentence with `{}` for each fact in it, in English and in French; the facts keep their order. */
export type Phrase = readonly [en: string, fr: string]

/**
 * Gives the French of texts that are one of these phrases. Facts are taken over as they are: a digest, a size or a name is the same
 * in every language. Findings are kept in English, as they were found; this is how their sides are read in French, old ones too.
 * @returns a function that answers undefined for a text that is none of the phrases, for instance a bare fact
 */
export function phrasebook(phrases: readonly Phrase[]): (text: string) => string | undefined {
  const known = phrases.map(([en, fr]) => ({
    pattern: new RegExp(`^${en.split('{}').map(literal).join('([^]+?)')}$`),
    parts: fr.split('{}'),
  }))
  return (text) => {
    for (const { pattern, parts } of known) {
      const facts = pattern.exec(text)?.slice(1)
      if (facts !== undefined) return parts.map((part, at) => `${part}${facts[at] ?? ''}`).join('')
    }
    return undefined
  }
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** What the journal's verification says of both sides of a contradiction; of two that match, the more special comes first. */
export const findingPhrases: readonly Phrase[] = [
  ['trace {} in its place', 'la trace {} à sa place'],
  ['trace {} follows', 'la trace {} suit'],
  ['trace {} once', 'la trace {} une seule fois'],
  ['trace {} again', 'la trace {} de nouveau'],
  ['another trace with seq {}', 'une autre trace de numéro {}'],
  ['bytes that are no trace before it', 'avant elle, des octets qui ne sont pas une trace'],
  ['bytes with SHA-256 {}', 'des octets de SHA-256 {}'],
  ['at most {} bytes', 'au plus {} octets'],
  ['{} bytes', '{} octets'],
  ['a trace of format {}', 'une trace au format {}'],
  ['a critical block', 'un bloc critique'],
  ['a time not before {}', 'une heure qui n’est pas antérieure à {}'],
  ['monotonicMs from {} on', 'monotonicMs à partir de {}'],
  ['a seal at least hourly', 'un scellement au moins toutes les heures'],
  ['none for {} minutes', 'aucun pendant {} minutes'],
  ['the leaf under the signed root', 'la feuille sous la racine signée'],
  [
    'another leaf; the chain holds, so that traces from {} on may have been rewritten with it',
    'une autre feuille ; la chaîne tient, les traces à partir de {} ont donc pu être réécrites avec elle',
  ],
  ['another leaf', 'une autre feuille'],
  ['a segment from {}', 'un segment à partir de {}'],
  ['a signed checkpoint', 'un point de contrôle signé'],
  ['a checkpoint signed by {}', 'un point de contrôle signé par {}'],
  [
    'a checkpoint of size {} whose signature was not checked',
    'un point de contrôle de {} traces dont la signature n’a pas été vérifiée',
  ],
  ['a checkpoint of {}', 'un point de contrôle de {}'],
  ['the signature by {} is not valid', 'la signature par {} n’est pas valable'],
  ['no signature by a known key', 'aucune signature par une clé connue'],
  ['traces up to {}, as signed', 'des traces jusqu’à {}, comme signé'],
  ['{} traces, as signed', '{} traces, comme signé'],
  ['the signed root', 'la racine signée'],
  ['another root at the same size', 'une autre racine pour la même taille'],
]
