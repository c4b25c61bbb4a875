import {
  anything,
  Button,
  Dialog,
  Field,
  language,
  messageOf,
  Notice,
  post,
  toast,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { alerts } from './alerts.ts'
import type { Alert } from './service.ts'
import { addresses } from './service.ts'
import { words } from './words.ts'

/** Takes charge of an alert, with a note for colleagues. */
export function AcknowledgeDialog({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const say = words()
  const note = useSignal('')
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const submit = async () => {
    isBusy.value = true
    failure.value = undefined
    const said = note.value.trim()
    try {
      const body = said === '' ? {} : { note: said }
      await post(addresses.acknowledgement(alert.id), anything, body)
      await alerts.refresh()
      toast(words().acknowledgedNow)
      onClose()
    } catch (error) {
      failure.value = error
    }
    isBusy.value = false
  }
  return (
    <Dialog title={say.acknowledge} onClose={onClose}>
      <p>
        <strong>{alert.sentence[language.value]}</strong>
      </p>
      <p>{say.acknowledgeWords}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!isBusy.value) void submit()
        }}
      >
        {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
        <Field label={say.note} hint={say.noteHint} kind="multiline" value={note} />
        <div class="actions">
          <Button type="submit" look="primary" isBusy={isBusy.value}>
            {isBusy.value ? say.confirming : say.confirm}
          </Button>
          <Button onClick={onClose}>{say.cancel}</Button>
        </div>
      </form>
    </Dialog>
  )
}
