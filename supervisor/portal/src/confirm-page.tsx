import { Button, messageOf, Notice, Page, post } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Confirmation } from './service.ts'
import { addresses, confirmationShape } from './service.ts'
import { words } from './words.ts'

/**
 * Where the link in a verification or test message leads: one button, since mail gateways follow links. The link's secret is taken out
 * of the address at once.
 */
export function ConfirmPage({ what }: { what: 'contact' | 'test' }) {
  const say = words()
  const [title, hint, done] =
    what === 'contact'
      ? [say.confirmContact, say.confirmContactWords, say.confirmedContact]
      : [say.confirmTest, say.confirmTestWords, say.confirmedTest]
  const path = what === 'contact' ? addresses.contactVerifications : addresses.testConfirmations
  const link = useSignal('')
  const asked = useSignal<Confirmation | undefined>(undefined)
  const isBusy = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const ask = async (at: string) => {
    isBusy.value = true
    failure.value = undefined
    try {
      asked.value = await post(at, confirmationShape, { link: link.value })
    } catch (error) {
      failure.value = error
    } finally {
      isBusy.value = false
    }
  }
  useEffect(() => {
    link.value = location.hash.slice(1)
    history.replaceState(null, '', location.pathname)
    void ask(`${path}/preview`)
  }, [])
  return (
    <Page title={title}>
      {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
      {asked.value === undefined && failure.value === undefined && (
        <p role="status">{say.loading}</p>
      )}
      {asked.value?.isDone === true && <p role="status">{done}</p>}
      {asked.value?.isDone === false && (
        <section class="card">
          <p>{hint(asked.value.centre)}</p>
          <div class="actions">
            <Button
              look="primary"
              isBusy={isBusy.value}
              onClick={() => {
                void ask(path)
              }}
            >
              {isBusy.value ? say.confirming : title}
            </Button>
          </div>
        </section>
      )}
    </Page>
  )
}
