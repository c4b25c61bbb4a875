import { anything, Dialog, Field, Form, post, toast, useSubmission } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import type { Contact } from './contact.ts'
import { contactAddresses } from './contact.ts'
import { words } from './words.ts'

interface CodeDialogProps {
  contact: Contact
  onDone: () => Promise<void>
  onClose: () => void
}

/** The code of a verification message, typed by an operator to whom the receiver read it. */
export function CodeDialog({ contact, onDone, onClose }: CodeDialogProps) {
  const say = words()
  const submission = useSubmission()
  const code = useSignal('')
  const confirm = async () => {
    const typed = code.value.toUpperCase().replaceAll(/[^0-9A-Z]/g, '')
    await post(contactAddresses.code(contact.id), anything, { code: typed })
    await onDone()
    toast(words().confirmed)
    onClose()
  }
  return (
    <Dialog title={say.codeOf(contact.address ?? '')} onClose={onClose}>
      <Form submission={submission} act={say.confirm} onSubmit={confirm} onCancel={onClose}>
        <Field label={say.codeField} value={code} hint={say.codeHint} isRequired />
      </Form>
    </Dialog>
  )
}
