import type { Tone } from '@probant/web/browser'
import { formatNumber, language, Link, Time } from '@probant/web/browser'
import type { TimelineEvent } from './events.ts'
import { words } from './words.ts'

/** How an event looks: its words say it, the colour only repeats it. */
export function toneOf({ type, event, outcome, severity }: TimelineEvent): Tone {
  if (type === 'finding' && event === 'raised') return severity ?? 'warning'
  if (outcome === 'missed' || outcome === 'mismatch') return 'alert'
  if (outcome === 'missing' || outcome === 'blind') return 'warning'
  const isGood = outcome === 'met' || outcome === 'expected' || event === 'resolved'
  return isGood ? 'good' : 'neutral'
}

/** An event in words. */
export function EventText({ box, event }: { box: string; event: TimelineEvent }) {
  switch (event.type) {
    case 'head':
    case 'shipment':
      return <>{arrival(event)}</>
    case 'finding':
      return <FindingText box={box} event={event} />
    case 'maintenance':
      return <MaintenanceText event={event} />
    case 'deadline':
    case 'attestation':
      return <>{outcomeText(event)}</>
    case 'enrolment':
      return <>{enrolmentText(event)}</>
  }
}

function arrival({ type, count = 1, from = 0, size = 0 }: TimelineEvent): string {
  const say = words()
  if (type === 'shipment') return say.shipped(formatNumber(from), formatNumber(size - 1))
  return count === 1
    ? say.oneHead(formatNumber(size))
    : say.heads(formatNumber(count), formatNumber(size))
}

function outcomeText({ outcome = '', expectedSize = 0, auditedSize = 0 }: TimelineEvent): string {
  const { met, suppressed, blind, expected, approved, mismatch, missing } = words()
  const missed = words().missed(formatNumber(expectedSize), formatNumber(auditedSize))
  const texts = { met, missed, suppressed, blind, expected, approved, mismatch, missing }
  return new Map<string, string>(Object.entries(texts)).get(outcome) ?? outcome
}

function enrolmentText({ event = '', origin = '' }: TimelineEvent): string {
  const say = words()
  const texts = {
    enrolled: say.enrolled,
    opened: say.opened(origin),
    closed: say.closed(origin),
    'key-replaced': say.keyReplaced,
  }
  return new Map<string, string>(Object.entries(texts)).get(event) ?? event
}

function FindingText({ box, event }: { box: string; event: TimelineEvent }) {
  const say = words()
  const { finding = '', kind = '', sentence } = event
  return (
    <>
      {event.event === 'resolved' ? say.resolved : say.raised}{' '}
      <Link to={`/boxes/${encodeURIComponent(box)}/findings/${finding}`}>
        {sentence?.[language.value] ?? kind}
      </Link>
    </>
  )
}

function MaintenanceText({
  event: { event = '', startsAt, endsAt, reason },
}: {
  event: TimelineEvent
}) {
  const { announced, cancelled, begun, ended } = words()
  const texts = new Map(Object.entries({ announced, cancelled, begun, ended }))
  return (
    <>
      {texts.get(event) ?? event}
      {event === 'announced' && startsAt !== undefined && endsAt !== undefined && (
        <>
          {' : '}
          <Time iso={startsAt} /> – <Time iso={endsAt} />
        </>
      )}
      {reason !== undefined && <> ({reason})</>}
    </>
  )
}
