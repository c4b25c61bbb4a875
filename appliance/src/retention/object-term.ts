import { parseLat, parseStatement } from '@probant/evidence'
import type { Policies } from './policies.ts'
import { currentTerm, describeTerm } from './terms.ts'

/** What answers say of an object's retention: its class, until when it is kept as things stand, and the holds on it. */
export async function termOfObject(
  policies: Policies,
  object: { readonly id: string; readonly vaultId: string; readonly lat: Uint8Array },
) {
  const statement = parseStatement(parseLat(object.lat).statement)
  const policy = await policies.now()
  const { retention } = statement
  const now = retention === null ? undefined : policy.retentionClass(retention.class)
  const term = currentTerm(statement, now, policy.eventOf(object.id))
  const holds = policy.holdsOn(object.vaultId, object.id)
  if (retention === null || term === undefined) return holds.length === 0 ? null : { holds }
  return { class: retention.class, fate: now?.fate ?? null, ...describeTerm(term), holds }
}
