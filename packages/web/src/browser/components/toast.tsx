import { signal } from '@preact/signals'
import { dictionary } from '../dictionary.ts'
import { Button } from './button.tsx'

const shownMs = 6000
const mostShown = 3
const toasts = signal<readonly { key: number; message: string }[]>([])
let lastKey = 0

const words = dictionary({ close: 'Fermer le message' }, { close: 'Close the message' })

/** Says in passing that something succeeded; read out politely. Errors belong into the page, where they stay. */
export function toast(message: string): void {
  lastKey += 1
  const key = lastKey
  toasts.value = [...toasts.value, { key, message }].slice(-mostShown)
  setTimeout(() => dismiss(key), shownMs)
}

/** The live region, once per page. */
export function Toasts() {
  const say = words()
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ key, message }) => (
        <div key={key} class="toast">
          <p>{message}</p>
          <Button look="quiet" aria-label={say.close} onClick={() => dismiss(key)}>
            ×
          </Button>
        </div>
      ))}
    </div>
  )
}

function dismiss(key: number): void {
  toasts.value = toasts.value.filter((shown) => shown.key !== key)
}
