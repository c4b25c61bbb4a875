import { formatTime } from '@probant/host'
import { attestationMissing, noteMissing } from '../attestation/missing.ts'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { keepEvidence } from '../findings/evidence.ts'
import { raise, settle } from '../findings/raise.ts'
import { openFindings, type StoredFinding } from '../store/findings.ts'
import { markShipped, setChallenge } from '../store/origins.ts'
import { unanswered } from './challenge.ts'
import { inSession, raiseInSession, type Session } from './session.ts'

/**
 * A shipment counts when everything new up to what was witnessed at its beginning has come, and everything that was asked has
 * come again. Recorded before the answer to the last part leaves: once a box knows that it is done, so does the centre.
 */
export async function noteIfWhole(context: Context, session: Session): Promise<void> {
  const { origin } = session
  if (session.isWhole || unanswered(session).length > 0) return
  if (origin.state.size < session.sizeToShip) return
  const atMs = context.clock.nowMs()
  const missed = await openFindings(context.database, session.box, ['missing-shipment'])
  const unattested = attestationMissing(session, atMs)
  const facts = [...missed.map((finding) => late(finding, atMs)), ...unattested]
  const kept = await keepEvidence(context, session.box, facts)
  await inSession(context, session, async (client) => {
    await markShipped(client, origin, atMs)
    await setChallenge(client, origin, null)
    for (const { findingId } of missed)
      await settle(client, context, session.box, findingId, 'the shipment arrived')
    if (unattested.length > 0) await noteMissing(client, context, session.box)
    await raise(client, context, session.box, kept)
  })
  session.isWhole = true
  if (facts.length > 0) context.wake()
}

/**
 * The box says that it has finished. What was asked and kept back, by a box that did ship, is a finding; a connection that was
 * cut says nothing.
 */
export async function takeLeave(context: Context, session: Session): Promise<void> {
  if (session.hasShipped && !session.isWhole)
    await raiseInSession(context, session, unanswered(session))
}

/** Late data is always taken; that it was late stays said. */
function late(finding: StoredFinding, atMs: number): Fact {
  const dueAt = String(finding.circumstances['dueAt'] ?? '')
  const arrivedAt = formatTime(atMs)
  const fact = factAt(
    finding.origin ?? '',
    'late-shipment',
    null,
    `before ${dueAt}`,
    `on ${arrivedAt}`,
    { dueAt, arrivedAt },
  )
  return { ...fact, origin: finding.origin, key: `${finding.dedupeKey}|late` }
}
