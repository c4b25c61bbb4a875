import type { Client } from '@probant/postgres'
import { append, type Act } from '../alerts/journal.ts'
import { joinAlert } from '../alerts/open.ts'
import type { Context } from '../context.ts'
import { insertFinding, resolveFinding, type NewFinding } from '../store/findings.ts'
import type { BoxKey } from '../store/rows.ts'
import { classify, type Cause } from './catalogue.ts'
import type { Fact } from './fact.ts'
import { joinSilence } from './silence.ts'

/** A fact whose bytes are durable, ready for the transaction that raises it. */
export interface KeptFact extends Omit<Fact, 'expectedBytes' | 'foundBytes'> {
  expectedEvidence: Uint8Array | null
  foundEvidence: Uint8Array | null
}

/** Most findings that one shipment may raise: the first bad ones say what the others repeat. */
const MOST_AT_ONCE = 20

/** Makes both sides of each fact durable, before and outside of the transaction. */
export async function keepEvidence(context: Context, facts: readonly Fact[]): Promise<KeptFact[]> {
  const kept: KeptFact[] = []
  // the facts of one segment have its bytes in common
  const known = new Map<Uint8Array, Promise<Uint8Array>>()
  const keep = async (bytes: Uint8Array | undefined): Promise<Uint8Array | null> => {
    if (bytes === undefined) return null
    const digest = known.get(bytes) ?? context.bytes.put(bytes)
    known.set(bytes, digest)
    return digest
  }
  for (const { expectedBytes, foundBytes, ...fact } of facts.slice(0, MOST_AT_ONCE))
    kept.push({
      ...fact,
      expectedEvidence: await keep(expectedBytes),
      foundEvidence: await keep(foundBytes),
    })
  return kept
}

/**
 * Raises the facts that are new: finding, alert, outbox and alert journal in the caller's transaction, so that either all of
 * it is there or none. Last in its transaction: it holds the alert journal.
 * @returns the findings that were new
 */
export async function raise(
  client: Client,
  context: Context,
  box: BoxKey,
  facts: readonly KeptFact[],
): Promise<NewFinding[]> {
  const atMs = context.clock.nowMs()
  const byCause = new Map<Cause, NewFinding[]>()
  for (const { key, ...fact } of facts) {
    const finding = { ...fact, dedupeKey: key, findingId: context.randomness.uuid() }
    if (!(await insertFinding(client, box, finding, atMs))) continue
    const { cause } = classify(fact.kind)
    byCause.set(cause, [...(byCause.get(cause) ?? []), finding])
    context.figures.findings.inc({ kind: fact.kind })
    context.logger.warn({ boxId: box.boxId, kind: fact.kind, seq: fact.seq }, 'finding raised')
  }
  const acts: Act[] = []
  // in one order, so that two transactions never wait for each other's alerts
  for (const [cause, findings] of [...byCause].sort(([a], [b]) => a.localeCompare(b)))
    acts.push(
      ...(cause === 'silence'
        ? await joinSilence(client, context, box, findings)
        : await joinAlert(client, context, box, cause, findings)),
    )
  await append(client, context, box.tenantId, acts)
  return [...byCause.values()].flat()
}

/** What was so is so no longer. The alert stays until somebody acknowledges it. */
export async function settle(
  client: Client,
  context: Context,
  box: BoxKey,
  findingId: string,
  reason: string,
): Promise<void> {
  await resolveFinding(client, box, findingId, reason, context.clock.nowMs())
}
