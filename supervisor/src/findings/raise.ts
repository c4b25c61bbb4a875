import type { Client } from '@probant/postgres'
import { append, type Act } from '../alerts/journal.ts'
import { joinAlert } from '../alerts/open.ts'
import type { Context } from '../context.ts'
import { insertFinding, resolveFinding, type NewFinding } from '../store/findings.ts'
import type { BoxKey } from '../store/rows.ts'
import { classify, type Cause } from './catalogue.ts'
import type { KeptFact } from './evidence.ts'
import { joinSilence } from './silence.ts'

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
