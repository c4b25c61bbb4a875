import type { Tone } from '@probant/web/browser'
import { Badge, Button, language, Link, LoadedList, Page, Time } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { alerts, byUrgency } from './alerts.ts'
import type { AlertAnswer } from './answer-dialog.tsx'
import { AnswerDialog } from './answer-dialog.tsx'
import { sentenceOf } from './sentence.ts'
import type { Alert } from './service.ts'
import { channelName, outcomeName, words } from './words.ts'

interface Chosen {
  alert: Alert
  answer: AlertAnswer
}

/** Alerts of the whole fleet, and the way to take charge of them. */
export function AlertsPage() {
  const say = words()
  const chosen = useSignal<Chosen | undefined>(undefined)
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
                  onAnswer={(answer) => {
                    chosen.value = { alert, answer }
                  }}
                />
              ))}
            </ul>
          )}
        </LoadedList>
      </section>
      {chosen.value && (
        <AnswerDialog
          {...chosen.value}
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

function AlertItem(props: { alert: Alert; onAnswer: (answer: AlertAnswer) => void }) {
  const { alert, onAnswer } = props
  const say = words()
  const sentence = sentenceOf(alert)
  return (
    <li class="finding">
      <p>
        <Badge tone={tones[alert.state]}>{say[alert.state]}</Badge> <strong>{sentence}</strong>
      </p>
      <Circumstances alert={alert} />
      {alert.state !== 'resolved' && alert.action && <p>{alert.action[language.value]}</p>}
      {alert.note !== undefined && (
        <p>
          {say.noteWas} {alert.note}
        </p>
      )}
      <Notifications alert={alert} />
      {alert.state === 'open' && (
        <p>
          <Button
            aria-label={`${say.acknowledge} : ${sentence}`}
            onClick={() => onAnswer('acknowledge')}
          >
            {say.acknowledge}
          </Button>
        </p>
      )}
      {alert.state === 'acknowledged' && (
        <p>
          <Button aria-label={`${say.resolve} : ${sentence}`} onClick={() => onAnswer('resolve')}>
            {say.resolve}
          </Button>
        </p>
      )}
    </li>
  )
}

function Circumstances({ alert }: { alert: Alert }) {
  const say = words()
  const { box, boxes, severity, openedAt, kind, findings } = alert
  const about = encodeURIComponent(box ?? 'centre')
  return (
    <p class="soft">
      {severity === 'alert' ? say.severityAlert : say.severityWarning} · {say.openedAt}{' '}
      <Time iso={openedAt} withSeconds />
      {box !== undefined && (
        <>
          {' '}
          · <Link to={`/boxes/${about}`}>{say.seeBox}</Link>
        </>
      )}
      {boxes?.first.map((one) => (
        <span key={one}>
          {' '}
          · <Link to={`/boxes/${encodeURIComponent(one)}`}>{one}</Link>
        </span>
      ))}
      {findings[0] !== undefined && (
        <>
          {' '}
          · <Link to={`/boxes/${about}/findings/${findings[0]}`}>{say.seeEvidence}</Link>
        </>
      )}{' '}
      · <code>{kind}</code>
    </p>
  )
}

function Notifications({ alert: { notifications } }: { alert: Alert }) {
  const say = words()
  if (notifications.length === 0) return null
  return (
    <details>
      <summary>{say.notifications}</summary>
      <ul>
        {notifications.map(({ at, channel, outcome, reply }) => (
          <li key={`${at} ${outcome}`}>
            <Time iso={at} withSeconds /> · {channelName(channel)} · {outcomeName(outcome)}
            {reply !== undefined && (
              <>
                {' '}
                <code>{reply}</code>
              </>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
