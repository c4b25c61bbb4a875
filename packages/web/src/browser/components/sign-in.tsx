import { signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { dictionary } from '../dictionary.ts'
import { Failure, messageOf } from '../failure.ts'
import type { Credentials } from '../session.ts'
import { leaveLostSession, resumeSession, signIn, signInByPasskey } from '../session.ts'
import { knowsPasskeys } from '../passkey.ts'
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
    withPasskey: 'Utiliser une clé d’accès',
    code: 'Code',
    codeHint:
      'Les six chiffres de votre application d’authentification, ou l’un de vos codes de secours.',
    codeNeeded: 'Le mot de passe est bon. Il faut encore un code, ou votre clé d’accès.',
    wrongCode: 'Ce code n’est pas le bon, ou a déjà servi.',
    noPasskey: 'Aucune clé d’accès n’a été présentée.',
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
    withPasskey: 'Use a passkey',
    code: 'Code',
    codeHint: 'The six digits of your authenticator app, or one of your recovery codes.',
    codeNeeded: 'The password is right. A code is needed as well, or your passkey.',
    wrongCode: 'This code is not the right one, or was used already.',
    noPasskey: 'No passkey was given.',
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

/** What a site's service takes beside a password. */
export interface SignInWays {
  /** Tokens handed out by the administrator. */
  acceptsToken: boolean
  /** Codes of a second factor, and passkeys. */
  acceptsPasskeys: boolean
}

function SignInForm({ ways, onLeave }: { ways: SignInWays; onLeave?: () => void }) {
  const say = words()
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const usesToken = useSignal(false)
  const needsCode = useSignal(false)
  const code = useSignal('')
  const attempt = async (task: () => Promise<void>) => {
    if (isBusy.value) return
    isBusy.value = true
    failure.value = undefined
    try {
      await task()
      password.value = ''
      token.value = ''
    } catch (error) {
      if (refusalOf(error) === 'second-factor-required') needsCode.value = true
      failure.value = error
    }
    code.value = ''
    isBusy.value = false
  }
  const credentials = (): Credentials => {
    if (usesToken.value) return { token: token.value.trim() }
    const given = { user: user.value.trim(), password: password.value }
    return code.value.trim() === '' ? given : { ...given, code: code.value.trim() }
  }
  const isWrong = refusalOf(failure.value) === 'wrong'
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault()
        void attempt(() => signIn(credentials()))
      }}
    >
      {failure.value !== undefined && (
        <Outcome failure={failure.value} usesToken={usesToken.value} />
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
          {needsCode.value && (
            <Field
              label={say.code}
              hint={say.codeHint}
              value={code}
              autocomplete="one-time-code"
              isRequired
              isFocused
              isInvalid={refusalOf(failure.value) === 'wrong-code'}
            />
          )}
        </>
      )}
      <div class="actions">
        <Button type="submit" look="primary" isBusy={isBusy.value}>
          {isBusy.value ? say.signingIn : say.signIn}
        </Button>
        {ways.acceptsPasskeys && knowsPasskeys() && (
          <Button look="quiet" onClick={() => void attempt(signInByPasskey)}>
            {say.withPasskey}
          </Button>
        )}
        {ways.acceptsToken && (
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

/** Why signing in was refused, as far as the form says more than the service. */
function refusalOf(error: unknown) {
  if (!(error instanceof Failure) || error.kind !== 'session-lost') return undefined
  const { type } = error.told
  if (type === 'second-factor-required' || type === 'wrong-code') return type
  return type === 'wrong-passkey' ? undefined : 'wrong'
}

function Outcome({ failure, usesToken }: { failure: unknown; usesToken: boolean }) {
  const say = words()
  const refusal = refusalOf(failure)
  if (refusal === 'second-factor-required') return <Notice tone="neutral">{say.codeNeeded}</Notice>
  const isCancelled = failure instanceof Failure && failure.kind === 'cancelled'
  const told = {
    wrong: usesToken ? say.wrongToken : say.wrong,
    'wrong-code': say.wrongCode,
    other: isCancelled ? say.noPasskey : messageOf(failure),
  }
  return <Notice tone="alert">{told[refusal ?? 'other']}</Notice>
}

/** The page shown to whoever is not signed in. */
export function SignInPage({ welcome, ways }: { welcome: string; ways: SignInWays }) {
  return (
    <section class="card sign-in-card">
      <Page title={words().title}>
        <p>{welcome}</p>
        <SignInForm ways={ways} />
      </Page>
    </section>
  )
}

/** Asks for the password over a page whose session ended, so that nothing on it is lost. */
export function SignInAgain({ ways }: { ways: SignInWays }) {
  const say = words()
  if (!isSessionLost.value) return null
  if (user.peek() === '') user.value = session.peek()?.user ?? ''
  return (
    <Dialog title={say.lostTitle}>
      <p>{say.lost}</p>
      <SignInForm ways={ways} onLeave={leaveLostSession} />
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
