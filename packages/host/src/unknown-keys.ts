/** A key that no schema knows: where it is, and the known key that it may have been meant for. */
export interface UnknownKey {
  /** Dotted path from the top of the file, array positions in brackets. */
  path: string
  nearest?: string
}

/** Further than this many edits, a suggestion would be a guess. */
const FARTHEST_SUGGESTION = 3

/**
 * The first key of `value` that the JSON schema doesn't name, depth first, or undefined. Objects are
 * closed whether or not the schema says so; records, which name no properties, take any key.
 */
export function firstUnknownKey(
  schema: unknown,
  value: unknown,
  path = '',
): UnknownKey | undefined {
  if (!isRecord(schema) || typeof value !== 'object' || value === null) return undefined
  const variants = [schema['anyOf'], schema['oneOf']].find(Array.isArray)
  if (variants !== undefined) return inVariants(variants, value, path)
  if (Array.isArray(value))
    return firstOf(value, (item, index) =>
      firstUnknownKey(schema['items'], item, `${path}[${index}]`),
    )
  const known = schema['properties']
  if (!isRecord(known)) return undefined
  return firstOf(Object.entries(value), ([key, inner]) => {
    const keyPath = path === '' ? key : `${path}.${key}`
    if (Object.hasOwn(known, key)) return firstUnknownKey(known[key], inner, keyPath)
    return unknownKey(keyPath, key, Object.keys(known))
  })
}

/** Unknown only if every object variant says so; the variant that came furthest explains why. */
function inVariants(variants: unknown[], value: object, path: string): UnknownKey | undefined {
  const candidates = variants.filter(
    (variant) => isRecord(variant) && (Array.isArray(value) ? 'items' : 'properties') in variant,
  )
  const answers = candidates.map((variant) => firstUnknownKey(variant, value, path))
  return answers.includes(undefined)
    ? undefined
    : (answers.find((answer) => answer?.nearest !== undefined) ?? answers[0])
}

function unknownKey(path: string, key: string, known: string[]): UnknownKey {
  const [best] = known
    .map((name) => ({ name, edits: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const near = best !== undefined && best.edits <= Math.min(FARTHEST_SUGGESTION, key.length - 1)
  return near ? { path, nearest: path.slice(0, path.length - key.length) + best.name } : { path }
}

/** Levenshtein's distance: insertions, deletions and substitutions of one character. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, character] of a.split('').entries()) {
    const current = [row + 1]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (b[column - 1] === character ? 0 : 1)
      current.push(
        Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution),
      )
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

function firstOf<Item, Result>(
  items: Item[],
  look: (item: Item, index: number) => Result | undefined,
): Result | undefined {
  for (const [index, item] of items.entries()) {
    const found = look(item, index)
    if (found !== undefined) return found
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
