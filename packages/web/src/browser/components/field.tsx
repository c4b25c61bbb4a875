import type { Signal } from '@preact/signals'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

type FieldKind =
  'text' | 'password' | 'multiline' | 'email' | 'number' | 'date' | 'time' | 'datetime-local'

interface FieldProps {
  label: string
  value: Signal<string>
  kind?: FieldKind
  hint?: string
  autocomplete?: 'username' | 'current-password' | 'new-password' | 'one-time-code' | 'off'
  isRequired?: boolean
  isInvalid?: boolean
  /** Takes the focus as soon as it is there. */
  isFocused?: boolean
  minLength?: number
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
    ...(rest.minLength !== undefined && { minLength: rest.minLength }),
    autocomplete: rest.autocomplete ?? 'off',
    autocapitalize: 'none',
    spellcheck: kind === 'multiline',
    'aria-invalid': rest.isInvalid ?? false,
    ...(hint !== undefined && { 'aria-describedby': hintId }),
    onInput: (event: { currentTarget: { value: string } }) => {
      value.value = event.currentTarget.value
    },
  } as const
  const place = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (rest.isFocused === true) place.current?.querySelector('input')?.focus()
  }, [])
  return (
    <div class="field" ref={place}>
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
