import { UnusableInput, type Language } from '@probant/verification'

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
