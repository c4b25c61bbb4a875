import { EvidenceError, fromUtf8, parseTrace, type Segment, type Trace } from '@probant/evidence'
import { factAt, type Fact } from '../findings/fact.ts'

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const MOST_HOURS = 24

/** What a box journals when no authority outside dated its journal for longer than its limit (formats.md section 4): once for a series. */
export function outsideTokensMissing(origin: string, { traces }: Segment): Fact[] {
  return traces.flatMap((bytes) => {
    const trace = overdue(bytes)
    const fact = trace && factOf(origin, trace)
    return fact === undefined ? [] : [fact]
  })
}

/** Most traces are told apart without being parsed. */
function overdue(bytes: Uint8Array): Trace | undefined {
  try {
    if (!fromUtf8(bytes).includes('"act":"checkpoint-dated"')) return undefined
    const trace = parseTrace(bytes)
    const isIt = trace.act === 'checkpoint-dated' && trace.outcome === 'failed'
    return isIt && trace.data['overdue'] === true ? trace : undefined
  } catch (error) {
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}

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
