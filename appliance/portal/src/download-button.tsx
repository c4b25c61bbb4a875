import { Button, download, messageOf, Notice } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { words } from './words.ts'

interface DownloadButtonProps {
  label: string
  /** What is read out instead, where the label alone could be one of several. */
  spoken?: string
  path: string
  /** The name of the file on the reader's disk. */
  name: string
  sizeBytes: number
  look?: 'primary' | 'secondary'
}

/** Saves a file, and says in the page why it can't be. */
export function DownloadButton(props: DownloadButtonProps) {
  const { label, spoken, path, name, sizeBytes, look } = props
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const start = async () => {
    isBusy.value = true
    failure.value = undefined
    try {
      await download(path, name, sizeBytes)
    } catch (error) {
      failure.value = error
    }
    isBusy.value = false
  }
  return (
    <>
      <Button
        look={look ?? 'secondary'}
        isBusy={isBusy.value}
        {...(spoken !== undefined && { 'aria-label': spoken })}
        onClick={() => void start()}
      >
        {isBusy.value ? words().downloading : label}
      </Button>
      {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
    </>
  )
}
