import { Button, downloadMade, formatNumber, messageOf, Notice } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { addresses } from './service.ts'
import { words } from './words.ts'

interface ProofsDownloadProps {
  vault: string
  chosen: ReadonlySet<string>
  onForget: () => void
}

/** Saves the evidence of the documents that are chosen, or of the whole vault, as one zip. */
export function ProofsDownload({ vault, chosen, onForget }: ProofsDownloadProps) {
  const say = words()
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const some = chosen.size > 0
  const start = async () => {
    isBusy.value = true
    failure.value = undefined
    try {
      const body = some ? { objects: [...chosen] } : { all: true }
      await downloadMade(addresses.proofs(vault), `preuves-${vault}.zip`, body)
    } catch (error) {
      failure.value = error
    }
    isBusy.value = false
  }
  return (
    <div class="proofs">
      <p class="soft" aria-live="polite">
        {some ? say.chosen(formatNumber(chosen.size)) : say.chooseHint}
      </p>
      <div class="actions">
        <Button isBusy={isBusy.value} onClick={() => void start()}>
          {isBusy.value ? say.downloading : some ? say.proofsOfChosen : say.proofsOfAll}
        </Button>
        {some && (
          <Button look="quiet" onClick={onForget}>
            {say.forgetChoice}
          </Button>
        )}
      </div>
      {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
    </div>
  )
}
