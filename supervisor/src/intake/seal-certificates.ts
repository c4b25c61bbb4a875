import { EvidenceError, fromUtf8, parseTrace, type Segment, type Trace } from '@probant/evidence'
import { factAt, type Fact } from '../findings/fact.ts'

const ACTS = new Set(['seal-certificate-expiring', 'seal-certificate-expired'])
const DIGEST = /^[0-9a-f]{64}$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

/** What a box journals of the end of its client's seal certificate (formats.md section 4): once for each reminder. */
export function sealCertificateEnds(origin: string, { traces }: Segment): Fact[] {
  return traces.flatMap((bytes) => {
    const trace = reminder(bytes)
    const fact = trace && factOf(origin, trace)
    return fact === undefined ? [] : [fact]
  })
}

/** Most traces are told apart without being parsed. */
function reminder(bytes: Uint8Array): Trace | undefined {
  try {
    if (!fromUtf8(bytes).includes('"act":"seal-certificate-expir')) return undefined
    const trace = parseTrace(bytes)
    return ACTS.has(trace.act) && trace.outcome === 'done' ? trace : undefined
  } catch (error) {
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}

function factOf(origin: string, { act, seq, time, data }: Trace): Fact | undefined {
  const { certificate, notAfter, days } = data
  if (typeof certificate !== 'string' || !DIGEST.test(certificate)) return undefined
  if (typeof notAfter !== 'string' || !TIME.test(notAfter)) return undefined
  const isOver = act === 'seal-certificate-expired'
  const left = isOver ? 0 : typeof days === 'number' ? days : undefined
  if (left === undefined) return undefined
  const fact = factAt(
    origin,
    'seal-certificate-expiring',
    null,
    'a seal certificate that is renewed before its end',
    isOver ? `it expired at ${notAfter}` : `it expires at ${notAfter}, in less than ${left} days`,
    { certificate, notAfter, reportedBySeq: seq, reportedAt: time },
  )
  return { ...fact, key: `${origin}|seal-certificate-expiring|${certificate}|${left}` }
}
