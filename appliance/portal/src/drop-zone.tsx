import { Button } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { depositFiles, refuseFolder } from './deposits.ts'
import { words } from './words.ts'

/** Where files are dropped, or chosen with the keyboard or on a phone. */
export function DropZone({ vault }: { vault: string }) {
  const say = words()
  const picker = useRef<HTMLInputElement>(null)
  const isOver = useSignal(false)
  useEffect(refuseStrayDrops, [])
  return (
    <div
      class={isOver.value ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault()
        isOver.value = true
      }}
      onDragLeave={(event) => {
        const { relatedTarget, currentTarget } = event
        if (relatedTarget instanceof Node && currentTarget.contains(relatedTarget)) return
        isOver.value = false
      }}
      onDrop={(event) => {
        event.preventDefault()
        isOver.value = false
        if (event.dataTransfer) depositDropped(vault, event.dataTransfer)
      }}
    >
      <p class="drop-words">{isOver.value ? say.dropNow : say.drop}</p>
      <Button look="primary" onClick={() => picker.current?.click()}>
        {say.chooseFiles}
      </Button>
      <p class="hint">{say.dropHint}</p>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={say.chooseFiles}
        onChange={(event) => {
          depositFiles(vault, [...(event.currentTarget.files ?? [])])
          // So that choosing the same file again counts as a choice.
          event.currentTarget.value = ''
        }}
      />
    </div>
  )
}

function depositDropped(vault: string, dropped: DataTransfer): void {
  const files: File[] = []
  for (const item of dropped.items) {
    const entry = item.webkitGetAsEntry()
    const file = item.getAsFile()
    if (entry?.isDirectory === true) refuseFolder(vault, entry.name)
    else if (file) files.push(file)
  }
  depositFiles(vault, files)
}

/** A file dropped beside the zone would replace the page, and with it what is under way. */
function refuseStrayDrops(): () => void {
  const refuse = (event: DragEvent) => event.preventDefault()
  addEventListener('dragover', refuse)
  addEventListener('drop', refuse)
  return () => {
    removeEventListener('dragover', refuse)
    removeEventListener('drop', refuse)
  }
}
