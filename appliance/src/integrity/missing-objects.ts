import type { Queryable } from '../store/journal.ts'
import { depositSeqs } from '../store/objects.ts'
import { readableTrace } from './readable-trace.ts'
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
  const trace = readableTrace(bytes)
  if (trace?.act !== 'deposit' || trace.outcome !== 'done' || trace.object === null)
    return undefined
  return { object: trace.object, seq: trace.seq }
}
