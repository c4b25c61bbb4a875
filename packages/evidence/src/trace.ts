import { formatBlocks, parseBlocks, type Block } from './blocks.ts'
import type { Commitment } from './commitment.ts'
import { EvidenceError } from './errors.ts'
import { canonicalBytes, parseCanonical, type JsonObject, type JsonValue } from './jcs.ts'
import { Members, requireFormat1 } from './members.ts'

/** The most bytes one trace may have (formats.md section 3). */
export const maximumTraceBytes = 60_000

/** `prev` of the first trace of a log. */
export const noPrevious = '0'.repeat(64)

export type Outcome = 'done' | 'refused' | 'failed'

/** One act of the box: formats.md section 3. */
export interface Trace {
  readonly format: 1
  readonly origin: string
  readonly seq: number
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string
  readonly monotonicMs: number
  /** 32 hex digits that name the machine's boot. */
  readonly boot: string
  readonly act: string
  readonly outcome: Outcome
  readonly vault: string | null
  readonly object: string | null
  readonly objectCommitment: Commitment | null
  readonly actor: Commitment | null
  readonly data: JsonObject
  /** Hex SHA-256 of the previous trace's bytes. */
  readonly prev: string
  readonly blocks?: readonly Block[]
}

const originPattern = /^[A-Za-z0-9./-]{1,200}$/
const actPattern = /^[a-z-]{1,64}$/
const required = [
  'format',
  'origin',
  'seq',
  'time',
  'monotonicMs',
  'boot',
  'act',
  'outcome',
  'vault',
  'object',
  'objectCommitment',
  'actor',
  'data',
  'prev',
]

/**
 * The bytes that are stored, shipped and hashed. Checks what it writes as strictly as what it reads, so
 * that a box can't journal a trace which nobody could verify: EvidenceError `malformed-trace`, or
 * `too-large` beyond 60,000 bytes.
 */
export function formatTrace(trace: Trace): Uint8Array {
  const { blocks, ...rest } = trace
  const value: JsonValue =
    blocks === undefined || blocks.length === 0 ? rest : { ...rest, blocks: formatBlocks(blocks) }
  const bytes = canonicalBytes(value)
  readTrace(value, bytes.length)
  return bytes
}

/**
 * One trace from its stored bytes. EvidenceError: `too-large`, `unknown-format` (a later format: can't
 * tell), else what is wrong with the bytes.
 */
export function parseTrace(bytes: Uint8Array): Trace {
  requireSize(bytes.length)
  return readTrace(parseCanonical(bytes), bytes.length)
}

function readTrace(value: JsonValue, sizeBytes: number): Trace {
  requireSize(sizeBytes)
  requireFormat1(value, 'malformed-trace', 'trace')
  const members = new Members(value, 'malformed-trace', 'trace', required, ['blocks'])
  const seq = members.integer('seq')
  const trace: Trace = {
    format: 1,
    origin: members.text('origin', originPattern),
    seq,
    time: members.time('time'),
    monotonicMs: members.integer('monotonicMs'),
    boot: members.hex('boot', 16),
    act: members.text('act', actPattern),
    outcome: members.oneOf('outcome', ['done', 'refused', 'failed']),
    vault: members.orNull('vault', (name) => members.uuid(name)),
    object: members.orNull('object', (name) => members.uuid(name)),
    objectCommitment: members.orNull('objectCommitment', (name) => members.pair(name)),
    actor: members.orNull('actor', (name) => members.pair(name)),
    data: members.object('data'),
    prev: members.hex('prev', 32),
  }
  if (seq === 0 && trace.prev !== noPrevious) throw members.wrong('prev', '64 zeros at seq 0')
  if (!members.has('blocks')) return trace
  return { ...trace, blocks: parseBlocks(members.value('blocks'), 'trace') }
}

function requireSize(sizeBytes: number): void {
  if (sizeBytes > maximumTraceBytes) {
    throw new EvidenceError(
      'too-large',
      `a trace of ${sizeBytes} bytes, at most 60,000 are allowed`,
    )
  }
}
