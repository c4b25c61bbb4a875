import { useSignal, type Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { dictionary } from '../dictionary.ts'
import { messageOf } from '../failure.ts'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'

const words = dictionary(
  { cancel: 'Annuler', busy: 'Enregistrement…' },
  { cancel: 'Cancel', busy: 'Recording…' },
)

/** Something that is sent to the service: whether it is under way, and how it failed. */
export interface Submission {
  isBusy: Signal<boolean>
  failure: Signal<unknown>
  /** Does it, once at a time. */
  run: (task: () => Promise<void>) => void
}

export function useSubmission(): Submission {
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const attempt = async (task: () => Promise<void>) => {
    isBusy.value = true
    failure.value = undefined
    try {
      await task()
    } catch (error) {
      failure.value = error
    }
    isBusy.value = false
  }
  return {
    isBusy,
    failure,
    run: (task) => {
      if (!isBusy.peek()) void attempt(task)
    },
  }
}

interface FormProps {
  submission: Submission
  /** What the button says. */
  act: string
  onSubmit: () => Promise<void>
  onCancel?: () => void
  children?: ComponentChildren
  /** Further buttons. */
  more?: ComponentChildren
}

/** Fields, what went wrong, and the button that sends them. */
export function Form({ submission, act, onSubmit, onCancel, children, more }: FormProps) {
  const { isBusy, failure, run } = submission
  const say = words()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        run(onSubmit)
      }}
    >
      {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
      {children}
      <div class="actions">
        <Button type="submit" look="primary" isBusy={isBusy.value}>
          {isBusy.value ? say.busy : act}
        </Button>
        {more}
        {onCancel && <Button onClick={onCancel}>{say.cancel}</Button>}
      </div>
    </form>
  )
}
