import { EvidenceError, parseTrace, type Trace } from '@probant/evidence'
import type { Queryable } from '../store/journal.ts'
import { depositSeqs } from '../store/objects.ts'
import type { StoreFinding } from './store-finding.ts'

/**
 * Objects that the journal says were deposited and that the store no longer has under that deposit. What the journal's columns say is a
 * copy that whoever removed the row can change too, so the bytes are read.
 */
export async function missingObjects(
  client: Queryable,
  traces: readonly { readonly bytes: Uint8Array }[],
): Promise<StoreFinding[]> {
  const deposits = traces.flatMap(({ bytes }) => depositOf(bytes) ?? [])
  if (deposits.length === 0) return []
  const kept = await depositSeqs(
    client,
    deposits.map(({ object }) => object),
  )
  return deposits
    .filter(({ object, seq }) => kept.get(object) !== seq)
    .map(({ object, seq }) => ({
      kind: 'integrity-failure-on-box',
      object,
      seq,
      what: 'it was deposited, and the store has no such object',
    }))
}

const DEPOSIT = Buffer.from('"act":"deposit"')

function depositOf(bytes: Uint8Array): { object: string; seq: number } | undefined {
  // Most traces are of other acts; only a likely one is parsed.
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(DEPOSIT)) return undefined
  let trace: Trace
  try {
    trace = parseTrace(bytes)
  } catch (error) {
    // The journal's own check names a trace that can't be read.
    if (error instanceof EvidenceError) return undefined
    throw error
  }
  const { act, outcome, object, seq } = trace
  if (act !== 'deposit' || outcome !== 'done' || object === null) return undefined
  return { object, seq }
}
