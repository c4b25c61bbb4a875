import { signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { dictionary } from '../dictionary.ts'
import { Failure, messageOf } from '../failure.ts'
import type { Credentials } from '../session.ts'
import { leaveLostSession, resumeSession, signIn } from '../session.ts'
import { isSessionLost, session } from '../session-state.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { Notice } from './notice.tsx'
import { Page } from './page.tsx'

const words = dictionary(
  {
    title: 'Se connecter',
    user: 'Identifiant',
    password: 'Mot de passe',
    token: 'Jeton d’accès',
    tokenHint: 'La longue suite de caractères que votre administrateur vous a remise.',
    withToken: 'Utiliser un jeton d’accès',
    withPassword: 'Utiliser un mot de passe',
    signIn: 'Se connecter',
    signingIn: 'Connexion…',
    wrong: 'L’identifiant ou le mot de passe n’est pas le bon.',
    wrongToken: 'Ce jeton n’est pas valable.',
    lostTitle: 'Votre session a pris fin',
    lost: 'Identifiez-vous de nouveau pour continuer là où vous en étiez : rien n’est perdu.',
    leave: 'Quitter cette page',
    retry: 'Réessayer',
  },
  {
    title: 'Sign in',
    user: 'User name',
    password: 'Password',
    token: 'Access token',
    tokenHint: 'The long string of characters that your administrator gave you.',
    withToken: 'Use an access token',
    withPassword: 'Use a password',
    signIn: 'Sign in',
    signingIn: 'Signing in…',
    wrong: 'The user name or the password is wrong.',
    wrongToken: 'This token is not valid.',
    lostTitle: 'Your session has ended',
    lost: 'Sign in again to go on where you were: nothing is lost.',
    leave: 'Leave this page',
    retry: 'Try again',
  },
)

/** What somebody typed survives a change of page, not a reload; the password is forgotten as soon as it was used. */
const user = signal('')
const password = signal('')
const token = signal('')

function SignInForm({ acceptsToken, onLeave }: { acceptsToken: boolean; onLeave?: () => void }) {
  const say = words()
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const usesToken = useSignal(false)
  const submit = async (credentials: Credentials) => {
    isBusy.value = true
    failure.value = undefined
    try {
      await signIn(credentials)
      password.value = ''
      token.value = ''
    } catch (error) {
      failure.value = error
    }
    isBusy.value = false
  }
  const isWrong = failure.value instanceof Failure && failure.value.kind === 'session-lost'
  const wrong = usesToken.value ? say.wrongToken : say.wrong
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault()
        if (isBusy.value) return
        void submit(
          usesToken.value
            ? { token: token.value.trim() }
            : { user: user.value.trim(), password: password.value },
        )
      }}
    >
      {failure.value !== undefined && (
        <Notice tone="alert">{isWrong ? wrong : messageOf(failure.value)}</Notice>
      )}
      {usesToken.value ? (
        <Field label={say.token} hint={say.tokenHint} value={token} kind="password" isRequired />
      ) : (
        <>
          <Field
            label={say.user}
            value={user}
            autocomplete="username"
            isRequired
            isInvalid={isWrong}
          />
          <Field
            label={say.password}
            value={password}
            kind="password"
            autocomplete="current-password"
            isRequired
            isInvalid={isWrong}
          />
        </>
      )}
      <div class="actions">
        <Button type="submit" look="primary" isBusy={isBusy.value}>
          {isBusy.value ? say.signingIn : say.signIn}
        </Button>
        {acceptsToken && (
          <Button
            look="quiet"
            onClick={() => {
              usesToken.value = !usesToken.value
              failure.value = undefined
            }}
          >
            {usesToken.value ? say.withPassword : say.withToken}
          </Button>
        )}
        {onLeave && (
          <Button look="quiet" onClick={onLeave}>
            {say.leave}
          </Button>
        )}
      </div>
    </form>
  )
}

/** The page shown to whoever is not signed in. */
export function SignInPage({ welcome, acceptsToken }: { welcome: string; acceptsToken: boolean }) {
  return (
    <section class="card sign-in-card">
      <Page title={words().title}>
        <p>{welcome}</p>
        <SignInForm acceptsToken={acceptsToken} />
      </Page>
    </section>
  )
}

/** Asks for the password over a page whose session ended, so that nothing on it is lost. */
export function SignInAgain({ acceptsToken }: { acceptsToken: boolean }) {
  const say = words()
  if (!isSessionLost.value) return null
  if (user.peek() === '') user.value = session.peek()?.user ?? ''
  return (
    <Dialog title={say.lostTitle}>
      <p>{say.lost}</p>
      <SignInForm acceptsToken={acceptsToken} onLeave={leaveLostSession} />
    </Dialog>
  )
}

/** Finds out at the start whether somebody is signed in; asks again by hand when the service doesn't answer. */
export function ResumeSession() {
  const failure = useSignal<unknown>(undefined)
  const resume = () => {
    failure.value = undefined
    resumeSession().catch((error: unknown) => {
      failure.value = error
    })
  }
  useEffect(resume, [])
  if (failure.value === undefined) return null
  return (
    <Notice tone="alert">
      <p>{messageOf(failure.value)}</p>
      <Button onClick={resume}>{words().retry}</Button>
    </Notice>
  )
}
