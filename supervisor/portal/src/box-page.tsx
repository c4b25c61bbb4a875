import {
  formatNumber,
  get,
  language,
  Link,
  LoadedList,
  Notice,
  Page,
  PagedList,
  Time,
  Badge,
} from '@probant/web/browser'
import { useMemo } from 'preact/hooks'
import { attestationSentence, stateSentence, toneOf } from './box-state.tsx'
import { BoxTabs } from './box-tabs.tsx'
import { SeenAt } from './fleet-page.tsx'
import { useLive } from './live.ts'
import { Loading, useLoaded } from './loaded.tsx'
import { sentenceOf } from './sentence.ts'
import type { Box, Finding } from './service.ts'
import { addresses, boxShape, findingPage } from './service.ts'
import { words } from './words.ts'

/** One box: how far it was seen, and all that was ever found wrong with it. */
export function BoxPage({ id }: { id: string }) {
  const say = words()
  const box = useLoaded(addresses.box(id), boxShape)
  const findings = useMemo(
    () => new PagedList<Finding>((cursor) => get(addresses.findings(id, cursor), findingPage)),
    [id],
  )
  useLive(findings)
  return (
    <>
      <BoxTabs id={id} />
      <Page title={box.value.value?.name ?? id}>
        <Loading of={box}>
          {(shown) => (
            <>
              <Notice tone={toneOf(shown.state)}>
                <strong>{words()[shown.state]}.</strong> {stateSentence(shown.state)}
              </Notice>
              <Facts box={shown} />
              <section class="card" aria-labelledby="findings">
                <h2 id="findings">{say.findings}</h2>
                <LoadedList list={findings} empty={say.noFindings}>
                  {(items) => (
                    <ul class="findings">
                      {items.map((finding) => (
                        <FindingItem key={finding.id} box={id} finding={finding} />
                      ))}
                    </ul>
                  )}
                </LoadedList>
              </section>
            </>
          )}
        </Loading>
      </Page>
    </>
  )
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

function FindingItem({ box, finding }: { box: string; finding: Finding }) {
  const say = words()
  const { id, kind, severity, seq, raisedAt, resolvedAt, action } = finding
  const isOpen = resolvedAt === undefined
  return (
    <li class="finding">
      <p>
        <Badge tone={isOpen ? severity : 'neutral'}>
          {isOpen ? say.findingOpen : say.findingResolved}
        </Badge>{' '}
        <strong>
          <Link to={`/boxes/${encodeURIComponent(box)}/findings/${id}`}>{sentenceOf(finding)}</Link>
        </strong>
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
      {action && isOpen && (
        <p>
          {say.action} : {action[language.value]}
        </p>
      )}
    </li>
  )
}
