import type { Words } from '@probant/web'
import { advice } from './advice.ts'
import type { Told } from './kinds.ts'
import { sideInWords } from './sides.ts'

export * from './kinds.ts'

/** A finding in words: what is so, what it probably comes from, what to do. */
export interface Explanation {
  sentence: Words
  cause: Words
  action: Words
}

export function explain(told: Told): Explanation {
  const entry = advice[told.kind]
  const inFrench = {
    ...told,
    expected: sideInWords(told.expected).fr,
    found: sideInWords(told.found).fr,
  }
  const sentence = { fr: entry.sentence(inFrench).fr, en: entry.sentence(told).en }
  return { sentence, cause: entry.cause(told), action: entry.action }
}
