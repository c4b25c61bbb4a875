import { fromHex, toHex } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import type { JsonObject, JsonValue } from '../jcs.ts'
import { Members } from '../members.ts'
import { CompactRange } from '../merkle.ts'
import { Sha3Chain } from '../seal.ts'
import type { Segment } from '../segment.ts'

/** All that is needed of a journal's first `size` traces to go on verifying it. */
export interface JournalState {
  readonly origin: string
  readonly size: number
  /** SHA-256 of trace size − 1; 32 zero bytes at 0. */
  readonly prev: Uint8Array
  readonly range: CompactRange
  readonly sha3: Sha3Chain
  /** The latest `time` seen, in milliseconds since 1970. */
  readonly lastTimeMs?: number
  readonly lastBoot?: string
  readonly lastMonotonicMs?: number
  /** `monotonicMs` of the first trace not yet sealed, within `lastBoot`. */
  readonly unsealedSinceMs?: number
  /** `monotonicMs` of the first trace written when a seal was overdue, within `lastBoot`. */
  readonly overdueSinceMs?: number
}

/** A log without traces. */
export function emptyJournalState(hashing: Hashing, origin: string): JournalState {
  return {
    origin,
    size: 0,
    prev: new Uint8Array(32),
    range: new CompactRange(hashing),
    sha3: new Sha3Chain(hashing),
  }
}

/** What a segment's header claims of the traces before it. Not verified by anything. */
export function claimedJournalState(hashing: Hashing, segment: Segment): JournalState {
  const { origin, start, prev, range, sha3Chain, sha3Range } = segment
  return {
    origin,
    size: start,
    prev,
    range: new CompactRange(hashing, start, range),
    sha3: new Sha3Chain(
      hashing,
      sha3Chain,
      new CompactRange(hashing, start, sha3Range, 'sha3-256'),
    ),
  }
}

/** An independent copy. */
export function copyJournalState(state: JournalState): JournalState {
  return { ...state, range: state.range.clone(), sha3: state.sha3.clone() }
}

const optionalIntegers = [
  'lastTimeMs',
  'lastMonotonicMs',
  'unsealedSinceMs',
  'overdueSinceMs',
] as const

/** For storage beside the journal; JCS-able. */
export function journalStateToJson(state: JournalState): JsonObject {
  const optional: Record<string, JsonValue> = {}
  for (const name of optionalIntegers) {
    const value = state[name]
    if (value !== undefined) optional[name] = value
  }
  if (state.lastBoot !== undefined) optional['lastBoot'] = state.lastBoot
  return {
    origin: state.origin,
    size: state.size,
    prev: toHex(state.prev),
    range: state.range.hashes().map(toHex),
    sha3Chain: toHex(state.sha3.head),
    sha3Range: state.sha3.range.hashes().map(toHex),
    ...optional,
  }
}

/** What journalStateToJson gave. EvidenceError when it is not that. */
export function journalStateFromJson(hashing: Hashing, value: JsonValue): JournalState {
  const members = new Members(
    value,
    'malformed-segment',
    'state',
    ['origin', 'size', 'prev', 'range', 'sha3Chain', 'sha3Range'],
    [...optionalIntegers, 'lastBoot'],
  )
  const size = members.integer('size')
  const range = members.hexList('range', 32)
  const sha3Range = members.hexList('sha3Range', 32)
  const optional: Partial<Record<(typeof optionalIntegers)[number], number>> = {}
  for (const name of optionalIntegers) {
    if (members.has(name)) optional[name] = members.integer(name, Number.MIN_SAFE_INTEGER)
  }
  return {
    origin: members.text('origin'),
    size,
    prev: fromHex(members.hex('prev', 32)),
    range: new CompactRange(hashing, size, range),
    sha3: new Sha3Chain(
      hashing,
      fromHex(members.hex('sha3Chain', 32)),
      new CompactRange(hashing, size, sha3Range, 'sha3-256'),
    ),
    ...optional,
    ...(members.has('lastBoot') ? { lastBoot: members.hex('lastBoot', 16) } : {}),
  }
}
