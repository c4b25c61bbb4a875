import { isJsonArray, type JsonObject, type Segment, type Trace } from '@probant/evidence'
import { factAt, type Fact } from '../findings/fact.ts'
import { markedTraces } from './marked-traces.ts'

/** Checks by which the box examines itself (formats.md section 4). */
const CHECKS = new Set(['full-recomputation', 'integrity-check', 'fsck'])

const IDENTIFIER = /^[0-9a-f-]{36}$/

/** What the box itself found altered in its journal or store, by the traces it shipped. */
export function boxFailures(origin: string, segment: Segment): Fact[] {
  return markedTraces(segment, '"outcome":"failed"')
    .filter(({ act, outcome }) => outcome === 'failed' && CHECKS.has(act))
    .map((trace) => failure(origin, trace))
}

/** The same objects and traces found again, night after night, are the same fact. */
function failure(origin: string, trace: Trace): Fact {
  const firstBadSeq = integerOf(trace.data, 'firstBadSeq')
  const objects = objectsOf(trace)
  const named = [
    ...(firstBadSeq === null ? [] : [`trace ${firstBadSeq}`]),
    ...objects.map((object) => `object ${object}`),
  ]
  const found = named.length === 0 ? 'an alteration that it does not name' : named.join(', ')
  const fact = factAt(
    origin,
    'integrity-failure-on-box',
    firstBadSeq,
    'a store and journal that recompute',
    found,
    {
      act: trace.act,
      reportedBySeq: trace.seq,
      reportedAt: trace.time,
      objects: objects.join(' '),
    },
  )
  return { ...fact, key: `${origin}|integrity-failure-on-box|${found}`.slice(0, 1000) }
}

/** Identifiers of objects are random; they say nothing about a document. */
function objectsOf({ data, object }: Trace): string[] {
  const listed = data['badObjects']
  const named = isJsonArray(listed)
    ? listed.filter((one): one is string => typeof one === 'string' && IDENTIFIER.test(one))
    : []
  return named.length === 0 && object !== null ? [object] : named.slice(0, 100)
}

function integerOf(data: JsonObject, member: string): number | null {
  const value = data[member]
  return typeof value === 'number' && value >= 0 ? value : null
}
