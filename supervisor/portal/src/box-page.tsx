import {
  formatNumber,
  get,
  language,
  Link,
  LoadedList,
  messageOf,
  Notice,
  Page,
  PagedList,
  poll,
  Progress,
  sessionEpoch,
  Time,
  Badge,
  isSessionLost,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { attestationSentence, stateSentence, toneOf } from './box-state.tsx'
import { SeenAt } from './fleet-page.tsx'
import { useLive } from './live.ts'
import { sentenceOf } from './sentence.ts'
import type { Box, Finding } from './service.ts'
import { addresses, boxShape, findingPage } from './service.ts'
import { words } from './words.ts'

const everyMs = 5000

/** One box: how far it was seen, and all that was ever found wrong with it. */
export function BoxPage({ id }: { id: string }) {
  const say = words()
  const box = useSignal<Box | undefined>(undefined)
  const failure = useSignal<unknown>(undefined)
  useEffect(
    () =>
      poll(async (stop) => {
        if (isSessionLost.peek()) return
        try {
          box.value = await get(addresses.box(id), boxShape, stop)
          failure.value = undefined
        } catch (error) {
          if (!stop.aborted) failure.value = error
          throw error
        }
      }, everyMs),
    [id, sessionEpoch.value],
  )
  const findings = useMemo(
    () => new PagedList<Finding>((cursor) => get(addresses.findings(id, cursor), findingPage)),
    [id],
  )
  useLive(findings)
  return (
    <>
      <Link class="breadcrumb" to="/">
        ← {say.back}
      </Link>
      {failure.value !== undefined && (
        <Unavailable id={box.value === undefined ? id : undefined} failure={failure.value} />
      )}
      {box.value === undefined && failure.value === undefined && <Progress label={say.loading} />}
      {box.value && (
        <Page title={box.value.name}>
          <Notice tone={toneOf(box.value.state)}>
            <strong>{words()[box.value.state]}.</strong> {stateSentence(box.value.state)}
          </Notice>
          <Facts box={box.value} />
          <section class="card" aria-labelledby="findings">
            <h2 id="findings">{say.findings}</h2>
            <LoadedList list={findings} empty={say.noFindings}>
              {(items) => (
                <ul class="findings">
                  {items.map((finding) => (
                    <FindingItem key={finding.id} finding={finding} />
                  ))}
                </ul>
              )}
            </LoadedList>
          </section>
        </Page>
      )}
    </>
  )
}

function Unavailable({ id, failure }: { id: string | undefined; failure: unknown }) {
  const notice = <Notice tone="alert">{messageOf(failure)}</Notice>
  return id === undefined ? notice : <Page title={id}>{notice}</Page>
}

function Facts({ box }: { box: Box }) {
  const say = words()
  return (
    <section class="card">
      <dl class="facts">
        <dt>{say.lastHead}</dt>
        <dd>
          <SeenAt seen={box.lastHead} />
          <p class="hint">{say.headHint}</p>
        </dd>
        <dt>{say.lastShipment}</dt>
        <dd>
          <SeenAt seen={box.lastShipment} />
          <p class="hint">{say.shipmentHint}</p>
        </dd>
        <dt>{say.nextDeadline}</dt>
        <dd>{box.nextDeadline === undefined ? say.none : <Time iso={box.nextDeadline} />}</dd>
        <dt>{say.attestation}</dt>
        <dd>
          {attestationSentence(box.attestation)}
          {box.attestedAt !== undefined && (
            <>
              {' '}
              <Time iso={box.attestedAt} withSeconds />
            </>
          )}
        </dd>
        {box.origin !== undefined && (
          <>
            <dt>{say.origin}</dt>
            <dd>
              <code>{box.origin}</code>
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}

function FindingItem({ finding }: { finding: Finding }) {
  const say = words()
  const { kind, seq, raisedAt, resolvedAt, cause, action, sides } = finding
  return (
    <li class="finding">
      <p>
        <Badge tone={resolvedAt === undefined ? 'alert' : 'neutral'}>
          {resolvedAt === undefined ? say.findingOpen : say.findingResolved}
        </Badge>{' '}
        <strong>{sentenceOf(finding)}</strong>
      </p>
      <p class="soft">
        {say.raisedAt} <Time iso={raisedAt} withSeconds />
        {seq !== undefined && `, ${say.atTrace(formatNumber(seq))}`}
        {resolvedAt !== undefined && (
          <>
            {' '}
            · {say.resolvedAt} <Time iso={resolvedAt} withSeconds />
          </>
        )}{' '}
        · <code>{kind}</code>
      </p>
      {cause && resolvedAt === undefined && (
        <p>
          {say.cause} : {cause[language.value]}
        </p>
      )}
      {action && resolvedAt === undefined && (
        <p>
          {say.action} : {action[language.value]}
        </p>
      )}
      <details>
        <summary>{say.sides}</summary>
        <dl class="facts">
          <dt>{say.expected}</dt>
          <dd>
            <code>{sides.expected[language.value]}</code>
          </dd>
          <dt>{say.found}</dt>
          <dd>
            <code>{sides.found[language.value]}</code>
          </dd>
        </dl>
      </details>
    </li>
  )
}
