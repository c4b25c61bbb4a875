import { language } from './language.ts'

type Entry = string | ((...values: never[]) => string)
type Entries = Readonly<Record<string, Entry>>

/** The same entries in another language: texts stay texts, sentences take the same values. */
export type Counterpart<T extends Entries> = {
  readonly [Name in keyof T]: T[Name] extends string ? string : T[Name]
}

/**
 * A page's words in both languages; a name missing on one side is a type error. Read them inside a component, so that
 * it follows the language: `const say = words()`.
 */
export function dictionary<T extends Entries>(fr: T, en: Counterpart<T>): () => T | Counterpart<T> {
  return () => (language.value === 'fr' ? fr : en)
}
