import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type Segment,
  type Trace,
} from '@probant/evidence'
import type { RaisedKind } from '../findings/catalogue.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { markedTraces } from './marked-traces.ts'

/** Checks by which the box examines itself (formats.md section 4). */
const CHECKS = new Set(['full-recomputation', 'integrity-check', 'fsck'])

/** What only the box can find, since none of it is shipped: raised by the name that it gives it. */
const NAMED_BY_BOX = new Set<string>([
  'tiles-altered',
  'metadata-altered',
  'policy-altered',
  'unjournalled-object',
  'destroyed-key-revived',
] satisfies RaisedKind[])

const IDENTIFIER = /^[0-9a-f-]{36}$/

/** What the box itself found altered in its journal or store, by the traces it shipped. */
export function boxFailures(origin: string, segment: Segment): Fact[] {
  const failed = markedTraces(segment, '"outcome":"failed"')
    .filter(({ act, outcome }) => outcome === 'failed' && CHECKS.has(act))
    .flatMap((trace) => failures(origin, trace))
  const told = markedTraces(segment, '"act":"agent-finding"')
    .filter(({ act, outcome }) => act === 'agent-finding' && outcome === 'done')
    .flatMap((trace) => named(origin, trace, trace.data))
  return [...failed, ...told]
}

/** Each kind that the box names by itself, and one fact for all the rest. */
function failures(origin: string, trace: Trace): Fact[] {
  const listed = trace.data['differences']
  const differences = isJsonArray(listed) ? listed.filter(isJsonObject) : []
  const facts = differences.flatMap((difference) => named(origin, trace, difference))
  const others = differences.filter(({ kind }) => !isNamed(kind))
  if (facts.length === 0)
    return [failure(origin, trace, integerOf(trace.data, 'firstBadSeq'), objectsOf(trace))]
  if (others.length === 0) return facts
  const seqs = others.flatMap((each) => integerOf(each, 'firstBadSeq') ?? [])
  const objects = others.flatMap((each) => identifiersOf(each, 'objects'))
  return [...facts, failure(origin, trace, seqs.length === 0 ? null : Math.min(...seqs), objects)]
}

/** The same objects and traces found again, night after night, are the same fact. */
function failure(
  origin: string,
  trace: Trace,
  firstBadSeq: number | null,
  objects: readonly string[],
): Fact {
  const parts = [
    ...(firstBadSeq === null ? [] : [`trace ${firstBadSeq}`]),
    ...objects.map((object) => `object ${object}`),
  ]
  const found = parts.length === 0 ? 'an alteration that it does not name' : parts.join(', ')
  const fact = factAt(
    origin,
    'integrity-failure-on-box',
    firstBadSeq,
    'a store and journal that recompute',
    found,
    {
      ...reportedBy(trace),
      objects: objects.join(' '),
    },
  )
  return { ...fact, key: `${origin}|integrity-failure-on-box|${found}`.slice(0, 1000) }
}

/** A difference of a kind that the centre raises as such; both sides in the box's words, which are English. */
function named(origin: string, trace: Trace, difference: JsonObject): Fact[] {
  const { kind } = difference
  if (!isNamed(kind)) return []
  const seq = integerOf(difference, 'firstBadSeq') ?? integerOf(difference, 'seq')
  const objects = identifiersOf(difference, 'objects')
  const found = [
    textOf(difference, 'found'),
    ...objects.map((object) => `object ${object}`),
  ].filter((part) => part !== '')
  const fact = factAt(
    origin,
    kind,
    seq,
    textOf(difference, 'expected') || 'what the journal proves',
    found.join(', '),
    { ...reportedBy(trace), objects: objects.join(' ') },
  )
  return [{ ...fact, key: `${fact.key}|${objects.join()}`.slice(0, 1000) }]
}

const reportedBy = ({ act, seq, time }: Trace) => ({
  act,
  reportedBySeq: seq,
  reportedAt: time,
})

function isNamed(kind: unknown): kind is RaisedKind {
  return typeof kind === 'string' && NAMED_BY_BOX.has(kind)
}

/** Identifiers of objects are random; they say nothing about a document. */
function objectsOf({ data, object }: Trace): string[] {
  const listed = identifiersOf(data, 'badObjects')
  return listed.length === 0 && object !== null ? [object] : listed
}

function identifiersOf(data: JsonObject, member: string): string[] {
  const listed = data[member]
  if (!isJsonArray(listed)) return []
  return listed
    .filter((one): one is string => typeof one === 'string' && IDENTIFIER.test(one))
    .slice(0, 100)
}

function textOf(data: JsonObject, member: string): string {
  const value = data[member]
  return typeof value === 'string' ? value.slice(0, 600) : ''
}

function integerOf(data: JsonObject, member: string): number | null {
  const value = data[member]
  return typeof value === 'number' && value >= 0 ? value : null
}
