import type { Finding } from '@probant/evidence'
import type { Database } from '@probant/postgres'
import { Policy } from '../retention/policy.ts'
import { retentionRows, retentionTraces } from '../store/retention.ts'
import { readableTrace } from './readable-trace.ts'

/**
 * Holds what the tables say about retention and holds against the acts in the journal: a class shortened, a hold removed, an event moved,
 * or a row that no trace tells of. Both are read in one snapshot, so that an act under way makes no difference.
 */
export async function recomputePolicy(database: Database): Promise<Finding[]> {
  const { traces, rows } = await database.transaction(
    async (client) => ({
      traces: await retentionTraces(client, 0),
      rows: await retentionRows(client),
    }),
    { isolation: 'repeatable read', readOnly: true },
  )
  const policy = new Policy()
  for (const { bytes } of traces) {
    const trace = readableTrace(bytes)
    if (trace !== undefined) policy.read(trace)
  }
  const expected = new Set(policy.lines())
  const found = new Set(rows)
  return [
    ...[...expected]
      .filter((line) => !found.has(line))
      .map((line) => altered(`the rule that the journal states: ${line}`, 'no such row')),
    ...[...found]
      .filter((line) => !expected.has(line))
      .map((line) => altered('only rules that the journal states', `the row: ${line}`)),
  ]
}

const altered = (expected: string, found: string): Finding => ({
  kind: 'policy-altered',
  seq: null,
  expected,
  found,
  answer: 'invalid',
})
