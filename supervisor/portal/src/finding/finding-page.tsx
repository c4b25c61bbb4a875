import {
  Badge,
  Button,
  download,
  formatNumber,
  language,
  Link,
  messageOf,
  Notice,
  Page,
  Time,
  useSubmission,
} from '@probant/web/browser'
import { BoxTabs } from '../box-tabs.tsx'
import { Loading, useLoaded } from '../loaded.tsx'
import { sentenceOf } from '../sentence.ts'
import type { Finding } from '../service.ts'
import { addresses, findingShape } from '../service.ts'
import { words as pageWords } from '../words.ts'
import { words } from './words.ts'

/** In place of a box: the finding is about the centre itself. */
const centre = 'centre'
/** More than any bytes that a finding is kept with. */
const mostBytes = 8 * 1024 * 1024

/** One finding, with all that shows it. */
export function FindingPage({ box, id }: { box: string; id: string }) {
  const say = words()
  const finding = useLoaded(addresses.finding(box, id), findingShape)
  return (
    <>
      {box === centre ? (
        <Link class="breadcrumb" to="/alerts">
          ← {say.alerts}
        </Link>
      ) : (
        <BoxTabs id={box} />
      )}
      <Page title={say.title}>
        <Loading of={finding}>{(shown) => <Shown box={box} finding={shown} />}</Loading>
      </Page>
    </>
  )
}

function Shown({ box, finding }: { box: string; finding: Finding }) {
  const say = words()
  const page = pageWords()
  const { kind, seq, origin, raisedAt, resolvedAt, cause, action, severity } = finding
  const isOpen = resolvedAt === undefined
  const tone = isOpen ? severity : 'neutral'
  return (
    <>
      <section class="card">
        <p class="lead">
          <Badge tone={tone}>{isOpen ? page.findingOpen : page.findingResolved}</Badge>{' '}
          <strong>{sentenceOf(finding)}</strong>
        </p>
        <dl class="facts">
          <dt>{say.box}</dt>
          <dd>
            {box === centre ? (
              say.centre
            ) : (
              <Link to={`/boxes/${encodeURIComponent(box)}`}>{box}</Link>
            )}
          </dd>
          <dt>{say.kind}</dt>
          <dd>
            <code>{kind}</code> · {severity === 'alert' ? page.severityAlert : page.severityWarning}
          </dd>
          <dt>{page.raisedAt}</dt>
          <dd>
            <Time iso={raisedAt} withSeconds />
          </dd>
          {resolvedAt !== undefined && (
            <>
              <dt>{page.resolvedAt}</dt>
              <dd>
                <Time iso={resolvedAt} withSeconds />
              </dd>
            </>
          )}
          <dt>{say.place}</dt>
          <dd>{seq === undefined ? say.noPlace : formatNumber(seq)}</dd>
          {origin !== undefined && (
            <>
              <dt>{say.origin}</dt>
              <dd>
                <code>{origin}</code>
              </dd>
            </>
          )}
        </dl>
      </section>
      {cause && action && (
        <section class="card">
          <h2>{say.action}</h2>
          <p>{action[language.value]}</p>
          <h3>{say.cause}</h3>
          <p>{cause[language.value]}</p>
          <p class="hint">
            {say.runbook} <code>{kind}</code>
          </p>
        </section>
      )}
      <section class="card" aria-labelledby="sides">
        <h2 id="sides">{say.sides}</h2>
        <div class="sides">
          <Side box={box} finding={finding} side="expected" />
          <Side box={box} finding={finding} side="found" />
        </div>
        <p class="hint">{say.bytesHint}</p>
      </section>
    </>
  )
}

function Side(props: { box: string; finding: Finding; side: 'expected' | 'found' }) {
  const { box, finding, side } = props
  const say = words()
  const { isBusy, failure, run } = useSubmission()
  const digest = finding.evidence[side]
  const path = addresses.evidence(box, finding.id, side)
  return (
    <div>
      <h3>{say[side]}</h3>
      <p>{finding.sides[side][language.value]}</p>
      {digest === undefined ? (
        <p class="hint">{say.noBytes}</p>
      ) : (
        <>
          <p class="hint">
            {say.digest}
            <br />
            <code>{digest}</code>
          </p>
          {failure.value !== undefined && <Notice tone="alert">{messageOf(failure.value)}</Notice>}
          <Button
            isBusy={isBusy.value}
            onClick={() => run(() => download(path, `${finding.id}-${side}.bin`, mostBytes))}
          >
            {say.download(say[side])}
          </Button>
        </>
      )}
    </div>
  )
}
