import type { Tone } from '@probant/web/browser'
import { Badge, Button, language, Link, LoadedList, Page, Time } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { AcknowledgeDialog } from './acknowledge-dialog.tsx'
import { alerts, byUrgency } from './alerts.ts'
import type { Alert } from './service.ts'
import { words } from './words.ts'

/** Alerts of the whole fleet, and the way to take charge of them. */
export function AlertsPage() {
  const say = words()
  const chosen = useSignal<Alert | undefined>(undefined)
  return (
    <Page title={say.alerts}>
      <p class="soft">{say.alertsHint}</p>
      <section class="card">
        <LoadedList list={alerts} empty={say.noAlerts}>
          {(items) => (
            <ul class="findings">
              {byUrgency(items).map((alert) => (
                <AlertItem
                  key={alert.id}
                  alert={alert}
                  onAcknowledge={() => {
                    chosen.value = alert
                  }}
                />
              ))}
            </ul>
          )}
        </LoadedList>
      </section>
      {chosen.value && (
        <AcknowledgeDialog
          alert={chosen.value}
          onClose={() => {
            chosen.value = undefined
          }}
        />
      )}
    </Page>
  )
}

const tones: Readonly<Record<Alert['state'], Tone>> = {
  open: 'alert',
  acknowledged: 'warning',
  resolved: 'neutral',
}

function AlertItem({ alert, onAcknowledge }: { alert: Alert; onAcknowledge: () => void }) {
  const say = words()
  const { box, severity, state, openedAt, kind } = alert
  const sentence = alert.sentence[language.value]
  return (
    <li class="finding">
      <p>
        <Badge tone={tones[state]}>{say[state]}</Badge> <strong>{sentence}</strong>
      </p>
      <p class="soft">
        {severity === 'alert' ? say.severityAlert : say.severityWarning} · {say.openedAt}{' '}
        <Time iso={openedAt} withSeconds />
        {box !== undefined && (
          <>
            {' '}
            · {say.box} <Link to={`/boxes/${encodeURIComponent(box)}`}>{box}</Link>
          </>
        )}{' '}
        · <code>{kind}</code>
      </p>
      {state === 'open' && (
        <p>
          <Button aria-label={say.acknowledgeOf(sentence)} onClick={onAcknowledge}>
            {say.acknowledge}
          </Button>
        </p>
      )}
    </li>
  )
}
