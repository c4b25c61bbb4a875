import { evidenceErrorOf } from './errors.ts'

/**
 * The only three answers (formats.md, introduction). A check that could not be run is "cannot-tell":
 * never passed, never failed.
 */
export type Verdict =
  | { readonly status: 'valid' }
  | {
      readonly status: 'invalid'
      /** Stable code for machines. */
      readonly code: string
      /** One sentence for people. */
      readonly what: string
      readonly where?: string
      /** Since when (RFC 3339) the evidence has been wrong, where that can be told. */
      readonly since?: string
    }
  | { readonly status: 'cannot-tell'; readonly missing: string }

export const valid: Verdict = { status: 'valid' }

/** An invalid verdict: what is wrong, and where when that is known. */
export function invalid(code: string, what: string, where?: string): Verdict {
  return where === undefined
    ? { status: 'invalid', code, what }
    : { status: 'invalid', code, what, where }
}

/** A verdict that says what would be needed to answer. */
export function cannotTell(missing: string): Verdict {
  return { status: 'cannot-tell', missing }
}

/**
 * One verdict for several checks: the first invalid one, else "cannot-tell" naming all that is missing,
 * else valid. No checks at all are not a passed check, so an empty list is "cannot-tell".
 */
export function combine(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return cannotTell('any check')
  const missing: string[] = []
  for (const verdict of verdicts) {
    if (verdict.status === 'invalid') return verdict
    if (verdict.status === 'cannot-tell') missing.push(verdict.missing)
  }
  return missing.length === 0 ? valid : cannotTell([...new Set(missing)].join('; '))
}

/**
 * The verdict of evidence that could not be parsed: a later format or an algorithm that we don't have is
 * "cannot-tell", anything else invalid. An error that is not ours is thrown again.
 */
export function verdictOf(error: unknown): Verdict {
  const { code, message, where } = evidenceErrorOf(error)
  return code === 'unknown-format' || code === 'unsupported-algorithm'
    ? cannotTell(message)
    : invalid(code, message, where)
}
