import {
  anything,
  Button,
  Dialog,
  Field,
  messageOf,
  Notice,
  post,
  toast,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { alerts } from './alerts.ts'
import type { Alert } from './service.ts'
import { addresses } from './service.ts'
import { sentenceOf } from './sentence.ts'
import { words } from './words.ts'

/** What an operator does about an alert. */
export type AlertAnswer = 'acknowledge' | 'resolve'

interface AnswerDialogProps {
  alert: Alert
  answer: AlertAnswer
  onClose: () => void
}

/** Takes charge of an alert or closes it, with a note for colleagues. */
export function AnswerDialog({ alert, answer, onClose }: AnswerDialogProps) {
  const say = words()
  const note = useSignal('')
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const isResolution = answer === 'resolve'
  const submit = async () => {
    isBusy.value = true
    failure.value = undefined
    const said = note.value.trim()
    try {
      const path = isResolution ? addresses.resolution : addresses.acknowledgement
      await post(path(alert.id), anything, said === '' ? {} : { note: said })
      await alerts.refresh()
      toast(isResolution ? words().resolvedNow : words().acknowledgedNow)
      onClose()
    } catch (error) {
      failure.value = error
    }
    isBusy.value = false
  }
  const act = isResolution ? say.resolve : say.acknowledge
  return (
    <Dialog title={act} onClose={onClose}>
      <p>
        <strong>{sentenceOf(alert)}</strong>
      </p>
      <p>{isResolution ? say.resolveWords : say.acknowledgeWords}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!isBusy.value) void submit()
        }}
      >
        {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
        {!isResolution && (
          <Field label={say.note} hint={say.noteHint} kind="multiline" value={note} />
        )}
        <div class="actions">
          <Button type="submit" look="primary" isBusy={isBusy.value}>
            {isBusy.value ? say.confirming : act}
          </Button>
          <Button onClick={onClose}>{say.cancel}</Button>
        </div>
      </form>
    </Dialog>
  )
}
