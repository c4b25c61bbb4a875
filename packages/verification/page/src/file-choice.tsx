import { Button } from '@probant/web/browser'
import { useId, useRef } from 'preact/hooks'
import { words } from './words.ts'

interface FileChoiceProps {
  label: string
  hint: string
  /** Names of what is chosen. */
  chosen: readonly string[]
  accepts?: string
  isMultiple?: boolean
  onChoose: (files: readonly File[]) => void
  onRemove: () => void
}

/** A labelled choice of files that says what is chosen. */
export function FileChoice(props: FileChoiceProps) {
  const { label, hint, chosen, accepts, isMultiple = false, onChoose, onRemove } = props
  const say = words()
  const picker = useRef<HTMLInputElement>(null)
  const id = useId()
  return (
    <section class="choice" aria-labelledby={id}>
      <h2 id={id}>{label}</h2>
      <p class="hint">{hint}</p>
      <p class="chosen" aria-live="polite">
        {chosen.length === 0 ? say.none : chosen.join(', ')}
      </p>
      <div class="actions">
        <Button aria-label={`${label} : ${say.choose}`} onClick={() => picker.current?.click()}>
          {say.choose}
        </Button>
        {chosen.length > 0 && (
          <Button look="quiet" aria-label={`${label} : ${say.remove}`} onClick={onRemove}>
            {say.remove}
          </Button>
        )}
      </div>
      <input
        ref={picker}
        type="file"
        hidden
        multiple={isMultiple}
        {...(accepts === undefined ? {} : { accept: accepts })}
        aria-label={label}
        onChange={(event) => {
          onChoose([...(event.currentTarget.files ?? [])])
          // So that choosing the same file again counts as a choice.
          event.currentTarget.value = ''
        }}
      />
    </section>
  )
}
