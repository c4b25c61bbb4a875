import type { Signal } from '@preact/signals'
import { useId } from 'preact/hooks'

interface FieldProps {
  label: string
  value: Signal<string>
  kind?: 'text' | 'password' | 'multiline'
  hint?: string
  autocomplete?: 'username' | 'current-password' | 'off'
  isRequired?: boolean
  isInvalid?: boolean
}

/** A labelled text field bound to a signal. */
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
      {hint !== undefined && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
    </div>
  )
}
