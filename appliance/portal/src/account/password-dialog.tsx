import { Dialog, Field, Form, useSubmission } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { words } from './words.ts'

interface PasswordDialogProps {
  /** What the password confirms. */
  title: string
  act: string
  onSubmit: (password: string) => Promise<void>
  onClose: () => void
}

/** Asks for the password before something about signing in is changed. */
export function PasswordDialog({ title, act, onSubmit, onClose }: PasswordDialogProps) {
  const say = words()
  const submission = useSubmission()
  const password = useSignal('')
  return (
    <Dialog title={title} onClose={onClose}>
      <Form
        submission={submission}
        act={act}
        onCancel={onClose}
        onSubmit={async () => {
          await onSubmit(password.value)
          onClose()
        }}
      >
        <Field
          label={say.password}
          hint={say.passwordHint}
          value={password}
          kind="password"
          autocomplete="current-password"
          isRequired
          isFocused
        />
      </Form>
    </Dialog>
  )
}
