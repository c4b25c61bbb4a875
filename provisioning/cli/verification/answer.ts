/** The exit codes that scripts rely on. */
export const exitCodes = { valid: 0, invalid: 1, unusable: 2, 'cannot-tell': 3 } as const

export type Answer = keyof typeof exitCodes

/** Input that can't be judged at all: no such file, not a zip, anchors that can't be read. */
export class UnusableInput extends Error {
  override readonly name = 'UnusableInput'
  /** What the command ends with when nothing catches this. */
  readonly exitCode = exitCodes.unusable
}

export type Language = 'fr' | 'en'

/** The language asked for, else the terminal's, else English. */
export function languageOf(asked: string | undefined, environment: NodeJS.ProcessEnv): Language {
  if (asked !== undefined) {
    if (asked === 'fr' || asked === 'en') return asked
    throw new UnusableInput(`--lang: fr or en, not ${asked}`)
  }
  // Empty counts as unset, as POSIX says of these three.
  const names = ['LC_ALL', 'LC_MESSAGES', 'LANG']
  const locale = names.map((name) => environment[name] ?? '').find((each) => each !== '') ?? ''
  return locale.startsWith('fr') ? 'fr' : 'en'
}
