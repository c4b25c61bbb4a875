import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { addUsage } from '../store/box-usage.ts'
import { knownFindings } from '../store/findings.ts'
import type { BoxKey } from '../store/rows.ts'
import type { Fact } from './fact.ts'
import { overQuota } from './quota.ts'

/** A fact whose bytes are durable, ready for the transaction that raises it. */
export interface KeptFact extends Omit<Fact, 'expectedBytes' | 'foundBytes'> {
  expectedEvidence: Uint8Array | null
  foundEvidence: Uint8Array | null
}

/** Most findings that one shipment may raise: the first bad ones say what the others repeat. */
const MOST_AT_ONCE = 20
const FINDINGS_PER_DAY = 1000
const EVIDENCE_BYTES_PER_DAY = 256 * 1024 * 1024

/**
 * Makes both sides of each new fact durable, before and outside of the transaction. Of what is known already nothing is kept again,
 * and a box gets so many findings, and so many bytes of evidence, in a day of UTC: beyond, the finding stands without its bytes, and
 * at last one finding stands for all others.
 * @param client of the caller's transaction, where one is open: a second connection for each could empty the pool
 */
export async function keepEvidence(
  context: Context,
  box: BoxKey,
  facts: readonly Fact[],
  client: Client = context.database,
): Promise<KeptFact[]> {
  if (facts.length === 0) return []
  const { clock, settings } = context
  const { findingsPerDay = FINDINGS_PER_DAY, evidenceBytesPerDay = EVIDENCE_BYTES_PER_DAY } =
    settings.quotas ?? {}
  const first = facts.slice(0, MOST_AT_ONCE)
  const known = await knownFindings(client, box, first)
  const fresh = first.filter(({ key }) => !known.has(key))
  if (fresh.length === 0) return first.map((fact) => without(fact))
  const evidenceBytes = [...new Set(fresh.flatMap(bytesOf))].reduce((sum, b) => sum + b.length, 0)
  const day = formatTime(clock.nowMs()).slice(0, 10)
  const used = await addUsage(client, box, day, { findings: fresh.length, evidenceBytes })
  if (used.findings > findingsPerDay)
    return [
      without(overQuota(fresh[0]?.origin ?? '', `at most ${findingsPerDay} findings a day`, day)),
    ]
  if (used.evidenceBytes > evidenceBytesPerDay)
    return first.map((fact) => without(fact, { evidence: 'not kept: more than a day’s share' }))
  // the facts of one segment have its bytes in common
  const puts = new Map<Uint8Array, Promise<Uint8Array>>()
  const put = (bytes: Uint8Array): Promise<Uint8Array> => {
    const digest = puts.get(bytes) ?? context.bytes.put(bytes)
    puts.set(bytes, digest)
    return digest
  }
  return Promise.all(
    first.map((fact) => (known.has(fact.key) ? Promise.resolve(without(fact)) : keep(fact, put))),
  )
}

function bytesOf({ expectedBytes, foundBytes }: Fact): Uint8Array[] {
  return [expectedBytes, foundBytes].filter((bytes) => bytes !== undefined)
}

function without(
  { expectedBytes: _expected, foundBytes: _found, ...fact }: Fact,
  more: Fact['circumstances'] = {},
): KeptFact {
  const circumstances = { ...fact.circumstances, ...more }
  return { ...fact, circumstances, expectedEvidence: null, foundEvidence: null }
}

async function keep(
  fact: Fact,
  put: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<KeptFact> {
  const { expectedBytes, foundBytes } = fact
  return {
    ...without(fact),
    expectedEvidence: expectedBytes === undefined ? null : await put(expectedBytes),
    foundEvidence: foundBytes === undefined ? null : await put(foundBytes),
  }
}
