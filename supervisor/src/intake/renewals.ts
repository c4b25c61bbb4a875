import type { Segment, Trace } from '@probant/evidence'
import { factAt, type Fact } from '../findings/fact.ts'
import { markedTraces, TIME } from './marked-traces.ts'

/** What a box journals when outside tokens are near the end of what they prove, or past it, and nothing renewed them (formats.md section 4). */
export function renewalsMissing(origin: string, segment: Segment): Fact[] {
  return markedTraces(segment, '"act":"evidence-renewed"')
    .filter(isPressing)
    .flatMap((trace) => factOf(origin, trace) ?? [])
}

const isPressing = ({ act, outcome, data }: Trace) =>
  act === 'evidence-renewed' &&
  outcome === 'failed' &&
  (data['stage'] === 'near' || data['stage'] === 'over')

function factOf(origin: string, { seq, time, data }: Trace): Fact | undefined {
  const { ends, records } = data
  if (typeof ends !== 'string' || !TIME.test(ends)) return undefined
  if (typeof records !== 'number' || records < 1) return undefined
  const fact = factAt(
    origin,
    'evidence-renewal-missing',
    null,
    `outside tokens renewed before ${ends}`,
    `${records} that nothing renewed`,
    { ends, records, reportedBySeq: seq, reportedAt: time },
  )
  return { ...fact, key: `${origin}|evidence-renewal-missing|${seq}` }
}
