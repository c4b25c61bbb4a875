import type { Signal } from '@preact/signals'
import { useId } from 'preact/hooks'

type FieldKind =
  'text' | 'password' | 'multiline' | 'email' | 'number' | 'date' | 'time' | 'datetime-local'

interface FieldProps {
  label: string
  value: Signal<string>
  kind?: FieldKind
  hint?: string
  autocomplete?: 'username' | 'current-password' | 'off'
  isRequired?: boolean
  isInvalid?: boolean
  /** Of a number. */
  min?: number
  max?: number
}

/** A labelled field bound to a signal, which holds its text as the browser gives it. */
export function Field({ label, value, kind = 'text', hint, ...rest }: FieldProps) {
  const id = useId()
  const hintId = `${id}-hint`
  const attributes = {
    id,
    value: value.value,
    required: rest.isRequired ?? false,
    autocomplete: rest.autocomplete ?? 'off',
    autocapitalize: 'none',
    spellcheck: kind === 'multiline',
    'aria-invalid': rest.isInvalid ?? false,
    ...(hint !== undefined && { 'aria-describedby': hintId }),
    onInput: (event: { currentTarget: { value: string } }) => {
      value.value = event.currentTarget.value
    },
  } as const
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {kind === 'multiline' && <textarea {...attributes} rows={3} />}
      {kind === 'password' && <input {...attributes} type="password" />}
      {kind === 'text' && <input {...attributes} type="text" />}
      {kind === 'email' && <input {...attributes} type="email" />}
      {kind === 'number' && (
        <input {...attributes} type="number" min={rest.min ?? ''} max={rest.max ?? ''} />
      )}
      {kind === 'date' && <input {...attributes} type="date" />}
      {kind === 'time' && <input {...attributes} type="time" />}
      {kind === 'datetime-local' && <input {...attributes} type="datetime-local" />}
      {hint !== undefined && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
    </div>
  )
}
