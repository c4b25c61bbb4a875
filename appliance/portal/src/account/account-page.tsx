import { Button, messageOf, Notice, Page, Progress } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { loadAccount, type Account } from './account.ts'
import { AuthenticatorApp } from './authenticator-app.tsx'
import { ChangePassword } from './change-password.tsx'
import { Passkeys } from './passkeys.tsx'
import { Sessions } from './sessions.tsx'
import { words } from './words.ts'

/** How its reader signs in, and where they are signed in. */
export function AccountPage() {
  const say = words()
  const account = useSignal<Account | undefined>(undefined)
  const failure = useSignal<unknown>(undefined)
  const load = async () => {
    try {
      account.value = await loadAccount()
      failure.value = undefined
    } catch (error) {
      failure.value = error
    }
  }
  useEffect(() => void load(), [])
  const { value } = account
  return (
    <Page title={say.title}>
      {failure.value !== undefined && (
        <Notice tone="alert">
          <p>{messageOf(failure.value)}</p>
          <Button onClick={() => void load()}>{say.title}</Button>
        </Notice>
      )}
      {value === undefined && failure.value === undefined && <Progress label={say.loading} />}
      {value?.factors.missing === true && <Notice tone="warning">{say.missing}</Notice>}
      {value && (
        <>
          <AuthenticatorApp factors={value.factors} onDone={load} />
          {value.factors.passkeysOffered && <Passkeys passkeys={value.passkeys} onDone={load} />}
          <Sessions sessions={value.sessions} onDone={load} />
          <ChangePassword onDone={load} />
        </>
      )}
    </Page>
  )
}
