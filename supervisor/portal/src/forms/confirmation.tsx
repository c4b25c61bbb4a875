import { Button, Dialog, Form, remove, useSubmission } from '@probant/web/browser'
import type { ComponentChildren } from 'preact'

interface ConfirmationProps {
  title: string
  words: ComponentChildren
  act: string
  keep: string
  /** What is removed by it. */
  removes: string
  /** Once it is gone. */
  onDone: () => Promise<void>
  onClose: () => void
}

/** Asks before something is taken away. */
export function Confirmation(props: ConfirmationProps) {
  const submission = useSubmission()
  const submit = async () => {
    await remove(props.removes)
    await props.onDone()
    props.onClose()
  }
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.words}</p>
      <Form
        submission={submission}
        act={props.act}
        onSubmit={submit}
        more={<Button onClick={props.onClose}>{props.keep}</Button>}
      />
    </Dialog>
  )
}
