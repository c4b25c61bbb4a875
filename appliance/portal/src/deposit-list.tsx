import type { Tone } from '@probant/web/browser'
import {
  Badge,
  Button,
  Failure,
  formatSize,
  isSessionLost,
  Link,
  messageOf,
  Progress,
} from '@probant/web/browser'
import type { ComponentChildren } from 'preact'
import { stepName } from './acts.ts'
import type { Deposit } from './deposits.ts'
import {
  cancel,
  canCancel,
  canRetry,
  deposits,
  forget,
  forgetFinished,
  isPending,
  retry,
} from './deposits.ts'
import { words } from './words.ts'

/** The files of this visit and what became of each. */
export function DepositList({ vault }: { vault: string }) {
  const say = words()
  const here = deposits.value.filter((deposit) => deposit.vault === vault)
  if (here.length === 0) return null
  const isUnderWay = here.some(isPending)
  return (
    <section class="card" aria-labelledby="deposits">
      <div class="card-head">
        <h2 id="deposits">{isUnderWay ? say.depositsTitle : say.depositsFinished}</h2>
        {!isUnderWay && (
          <Button look="quiet" onClick={forgetFinished}>
            {say.clearFinished}
          </Button>
        )}
      </div>
      <ul class="deposits">
        {here.map((deposit) => (
          <DepositLine key={deposit.key} deposit={deposit} />
        ))}
      </ul>
    </section>
  )
}

function DepositLine({ deposit }: { deposit: Deposit }) {
  const say = words()
  const { name, sizeBytes } = deposit
  const { tone, label, more } = described(deposit)
  return (
    <li class="deposit">
      <div class="deposit-name">
        <DepositName deposit={deposit} /> <span class="soft">{formatSize(sizeBytes)}</span>
      </div>
      <div class="deposit-state">
        <Badge tone={tone}>{label}</Badge>
      </div>
      <div class="deposit-actions">
        {canCancel(deposit) && (
          <Button look="quiet" aria-label={say.cancelOf(name)} onClick={() => cancel(deposit)}>
            {say.cancel}
          </Button>
        )}
        {canRetry(deposit) && (
          <Button look="quiet" aria-label={say.retryOf(name)} onClick={() => retry(deposit)}>
            {say.retry}
          </Button>
        )}
        {!isPending(deposit) && (
          <Button look="quiet" aria-label={say.forgetOf(name)} onClick={() => forget(deposit)}>
            {say.forget}
          </Button>
        )}
      </div>
      {more !== undefined && <div class="deposit-more">{more}</div>}
    </li>
  )
}

function DepositName({ deposit: { vault, name, state } }: { deposit: Deposit }) {
  const now = state.value
  return now.kind === 'done' ? (
    <Link to={`/vaults/${vault}/documents/${now.document.id}`}>{name}</Link>
  ) : (
    <span>{name}</span>
  )
}

interface Described {
  tone: Tone
  label: string
  more?: ComponentChildren
}

function described({ name, state }: Deposit): Described {
  const say = words()
  const now = state.value
  switch (now.kind) {
    case 'waiting':
      return isSessionLost.value
        ? { tone: 'warning', label: say.waitingForSession }
        : { tone: 'neutral', label: say.waiting }
    case 'sending':
      return {
        tone: 'neutral',
        label: say.sending,
        more: <Progress label={say.progressOf(name)} share={now.share} />,
      }
    case 'recording':
      return {
        tone: 'neutral',
        label: say.sending,
        more: (
          <>
            <Progress label={say.progressOf(name)} />
            <p class="hint">{say.recording}</p>
          </>
        ),
      }
    case 'done':
      return { tone: 'good', label: say.done }
    case 'cancelled':
      return { tone: 'neutral', label: say.cancelled }
    case 'empty-file':
      return { tone: 'alert', label: say.failed, more: <p role="alert">{say.emptyFile}</p> }
    case 'folder':
      return { tone: 'alert', label: say.failed, more: <p role="alert">{say.folder}</p> }
    case 'failed': {
      const step = now.failure instanceof Failure ? now.failure.told.step : undefined
      const where = step === undefined ? '' : ` ${say.step(stepName(step))}`
      return {
        tone: 'alert',
        label: say.failed,
        more: <p role="alert">{`${messageOf(now.failure)}${where}`}</p>,
      }
    }
  }
}
