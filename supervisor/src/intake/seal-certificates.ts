import type { Segment, Trace } from '@probant/evidence'
import { factAt, type Fact } from '../findings/fact.ts'
import { markedTraces, TIME } from './marked-traces.ts'

const ACTS = new Set(['seal-certificate-expiring', 'seal-certificate-expired'])
const DIGEST = /^[0-9a-f]{64}$/

/** What a box journals of the end of its client's seal certificate (formats.md section 4): once for each reminder. */
export function sealCertificateEnds(origin: string, segment: Segment): Fact[] {
  return markedTraces(segment, '"act":"seal-certificate-expir')
    .filter(({ act, outcome }) => ACTS.has(act) && outcome === 'done')
    .flatMap((trace) => factOf(origin, trace) ?? [])
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
