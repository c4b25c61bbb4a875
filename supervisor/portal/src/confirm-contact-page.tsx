import { Button, messageOf, Notice, Page, post } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Confirmation } from './service.ts'
import { addresses, confirmationShape } from './service.ts'
import { words } from './words.ts'

/**
 * Where the link in a verification message leads: one button, since mail gateways follow links. The link's secret is taken out of
 * the address at once.
 */
export function ConfirmContactPage() {
  const say = words()
  const link = useSignal('')
  const asked = useSignal<Confirmation | undefined>(undefined)
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const ask = async (path: string) => {
    isBusy.value = true
    failure.value = undefined
    try {
      asked.value = await post(path, confirmationShape, { link: link.value })
    } catch (error) {
      failure.value = error
    } finally {
      isBusy.value = false
    }
  }
  useEffect(() => {
    link.value = location.hash.slice(1)
    history.replaceState(null, '', location.pathname)
    void ask(addresses.contactVerificationPreview)
  }, [])
  return (
    <Page title={say.confirmContact}>
      {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
      {asked.value === undefined && failure.value === undefined && (
        <p role="status">{say.loading}</p>
      )}
      {asked.value?.isDone === true && <p role="status">{say.confirmedContact}</p>}
      {asked.value?.isDone === false && (
        <section class="card">
          <p>{say.confirmContactWords(asked.value.centre)}</p>
          <div class="actions">
            <Button
              look="primary"
              isBusy={isBusy.value}
              onClick={() => {
                void ask(addresses.contactVerifications)
              }}
            >
              {isBusy.value ? say.confirming : say.confirmContact}
            </Button>
          </div>
        </section>
      )}
    </Page>
  )
}
