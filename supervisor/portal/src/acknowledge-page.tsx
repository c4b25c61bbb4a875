import {
  Badge,
  Button,
  Field,
  Link,
  messageOf,
  Notice,
  Page,
  post,
  Time,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { sentenceOf } from './sentence.ts'
import type { LinkedAlert } from './service.ts'
import { addresses, linkedAlertShape } from './service.ts'
import { words } from './words.ts'

/**
 * Where the link in a message leads: what the alert is, and one button. The link's secret is taken out of the address at once, so that
 * it stays in no history.
 */
export function AcknowledgePage() {
  const say = words()
  const link = useSignal('')
  const alert = useSignal<LinkedAlert | undefined>(undefined)
  const note = useSignal('')
  const isBusy = useSignal(false)
  const isDone = useSignal(false)
  const failure = useSignal<unknown>(undefined)
  const ask = async (path: string, body: Record<string, string>) => {
    isBusy.value = true
    failure.value = undefined
    try {
      alert.value = await post(path, linkedAlertShape, body)
      return true
    } catch (error) {
      failure.value = error
      return false
    } finally {
      isBusy.value = false
    }
  }
  useEffect(() => {
    link.value = location.hash.slice(1)
    history.replaceState(null, '', location.pathname)
    void ask(addresses.acknowledgementPreview, { link: link.value })
  }, [])
  const submit = async () => {
    const said = note.value.trim()
    const body = { link: link.value, ...(said === '' ? {} : { note: said }) }
    isDone.value = await ask(addresses.acknowledgements, body)
  }
  return (
    <Page title={say.acknowledge}>
      {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
      {alert.value === undefined && failure.value === undefined && (
        <p role="status">{say.loading}</p>
      )}
      {alert.value !== undefined && (
        <section class="card">
          <p>
            <Badge tone={alert.value.state === 'open' ? 'alert' : 'neutral'}>
              {say[alert.value.state]}
            </Badge>{' '}
            <strong>{sentenceOf(alert.value)}</strong>
          </p>
          <p class="soft">
            {say.openedAt} <Time iso={alert.value.openedAt} withSeconds /> ·{' '}
            <code>{alert.value.kind}</code>
          </p>
          {alert.value.state === 'open' ? (
            <form
              onSubmit={(event) => {
                event.preventDefault()
                if (!isBusy.value) void submit()
              }}
            >
              <p>{say.acknowledgeWords}</p>
              <Field label={say.note} hint={say.noteHint} kind="multiline" value={note} />
              <div class="actions">
                <Button type="submit" look="primary" isBusy={isBusy.value}>
                  {isBusy.value ? say.confirming : say.acknowledge}
                </Button>
              </div>
            </form>
          ) : (
            <p role="status">{isDone.value ? say.acknowledgedNow : say.acknowledgedBefore}</p>
          )}
        </section>
      )}
      <p>
        <Link to="/alerts">{say.toAlerts}</Link>
      </p>
    </Page>
  )
}
