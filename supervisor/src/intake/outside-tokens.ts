import type { Segment, Trace } from '@probant/evidence'
import { factAt, type Fact } from '../findings/fact.ts'
import { markedTraces, TIME } from './marked-traces.ts'

const MOST_HOURS = 24

/** What a box journals when no authority outside dated its journal for longer than its limit (formats.md section 4): once for a series. */
export function outsideTokensMissing(origin: string, segment: Segment): Fact[] {
  return markedTraces(segment, '"act":"checkpoint-dated"')
    .filter(isOverdue)
    .flatMap((trace) => factOf(origin, trace) ?? [])
}

const isOverdue = ({ act, outcome, data }: Trace) =>
  act === 'checkpoint-dated' && outcome === 'failed' && data['overdue'] === true

function factOf(origin: string, { seq, time, data }: Trace): Fact | undefined {
  const { lastToken, limitHours } = data
  if (lastToken !== null && (typeof lastToken !== 'string' || !TIME.test(lastToken)))
    return undefined
  const isHours = typeof limitHours === 'number' && limitHours >= 1 && limitHours <= MOST_HOURS
  if (!isHours) return undefined
  const fact = factAt(
    origin,
    'outside-token-missing',
    null,
    `a token of an authority outside every ${limitHours} hours`,
    lastToken === null ? 'there never was one' : `the last one is of ${lastToken}`,
    { lastToken, limitHours, reportedBySeq: seq, reportedAt: time },
  )
  // Each series of failures by itself, and once however often it is shipped.
  return { ...fact, key: `${origin}|outside-token-missing|${seq}` }
}
