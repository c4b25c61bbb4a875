import { UnusableInput, type Answer, type Language } from '@probant/verification'

/** The exit codes that scripts rely on. */
export const exitCodes = {
  valid: 0,
  invalid: 1,
  unusable: 2,
  'cannot-tell': 3,
} as const satisfies Record<Answer, number>

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
