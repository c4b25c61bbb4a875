import type { ComponentChildren } from 'preact'
import { dictionary } from '../dictionary.ts'
import { messageOf } from '../failure.ts'
import { chooseLanguage, language } from '../language.ts'
import { session } from '../session-state.ts'
import { signOut } from '../session.ts'
import { Button } from './button.tsx'
import { Link } from './link.tsx'
import { toast, Toasts } from './toast.tsx'

const words = dictionary(
  {
    skip: 'Aller au contenu',
    language: 'Langue',
    signOut: 'Se déconnecter',
  },
  {
    skip: 'Skip to content',
    language: 'Language',
    signOut: 'Sign out',
  },
)

interface ShellProps {
  /** What this site is, beside the product's name. */
  site: string
  navigation?: ComponentChildren
  /** Page about whoever is signed in. */
  accountPath?: string
  footer?: ComponentChildren
  /** Returns whether it is all right to leave; asked before signing out. */
  mayLeave?: () => boolean
  children: ComponentChildren
}

/** Header, content, footer: the same on every page. */
export function Shell(props: ShellProps) {
  const { site, navigation, accountPath, footer, mayLeave, children } = props
  const say = words()
  return (
    <>
      <a class="skip" href="#content">
        {say.skip}
      </a>
      <header class="header">
        <Link to="/" class="brand">
          <strong>Probant</strong> <span>{site}</span>
        </Link>
        {navigation}
        <div class="header-end">
          <LanguageSwitch />
          {session.value && (
            <>
              {accountPath === undefined ? (
                <span class="who">{session.value.name}</span>
              ) : (
                <Link to={accountPath} class="who">
                  {session.value.name}
                </Link>
              )}
              <Button
                look="quiet"
                onClick={() => {
                  if (mayLeave?.() === false) return
                  signOut().catch((error: unknown) => toast(messageOf(error)))
                }}
              >
                {say.signOut}
              </Button>
            </>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {session.value && footer !== undefined && <footer class="footer">{footer}</footer>}
      <Toasts />
    </>
  )
}

const languages = [
  { code: 'fr', name: 'Français' },
  { code: 'en', name: 'English' },
] as const

function LanguageSwitch() {
  return (
    <div role="group" class="languages" aria-label={words().language}>
      {languages.map(({ code, name }) => (
        <Button
          key={code}
          look="quiet"
          lang={code}
          title={name}
          aria-label={`${code.toUpperCase()} ${name}`}
          aria-pressed={language.value === code}
          onClick={() => chooseLanguage(code)}
        >
          {code.toUpperCase()}
        </Button>
      ))}
    </div>
  )
}
