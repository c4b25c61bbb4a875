import { address, anything, call, Field, Form, toast, useSubmission } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { words } from './words.ts'

export function ChangePassword({ onDone }: { onDone: () => Promise<void> }) {
  const say = words()
  const submission = useSubmission()
  const password = useSignal('')
  const next = useSignal('')
  const change = async () => {
    const body = { password: password.value, newPassword: next.value }
    await call(address`/password`, anything, { method: 'PUT', body })
    for (const field of [password, next]) field.value = ''
    toast(words().changed)
    await onDone()
  }
  return (
    <section class="card">
      <h2>{say.passwordTitle}</h2>
      <Form submission={submission} act={say.change} onSubmit={change}>
        <Field
          label={say.password}
          hint={say.passwordHint}
          value={password}
          kind="password"
          autocomplete="current-password"
          isRequired
        />
        <Field
          label={say.newPassword}
          hint={say.newPasswordHint}
          value={next}
          kind="password"
          autocomplete="new-password"
          minLength={12}
          isRequired
        />
      </Form>
    </section>
  )
}
